"""What a task model says of samples: probabilities, uncertainty, predicted losses.

In here is also how a learner is asked. What the method makes of the answers (pseudo labels, ranks
of losses, relabelled states) is in ``_vaal/variants``.
"""
