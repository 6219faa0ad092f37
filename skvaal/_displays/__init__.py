"""Pictures of what was learned and chosen, in scikit-learn's style; they need matplotlib."""
