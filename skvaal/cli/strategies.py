"""The command ``skvaal strategies``: a table of all names."""

from __future__ import annotations

from typing import NamedTuple

from skvaal.cli.printing import say, usage_errors


class Row(NamedTuple):
    """A strategy of the benchmark: its name, what it trains and reads, and its idea."""

    name: str
    trains: str
    reads: str
    idea: str


# By library; those that `skvaal query` has, too, describe themselves.
ONLY_BENCHMARK = {
    "skvaal": (
        Row("vaal_no_vae", "D", "D", "the paper's ablation: D reads samples"),
        Row("vaal_frozen_vae", "VAE, D", "D", "the paper's ablation: the VAE is trained first"),
        Row(
            "vaal_no_discriminator", "VAE", "latent space", "the paper's ablation: far from labels"
        ),
        Row("ta_vaal", "VAE, D", "D, losses", "TA-VAAL's idea: D reads ranked losses"),
        Row("sraal", "VAE, D", "D, model", "SRAAL's idea: uncertainty changes D's targets"),
        Row("vaal_herding_shuffled_d", "VAE, D", "components, D, model", "D's scores, shuffled"),
        Row("vaal_herding_no_adversary", "VAE, D", "components, D, model", "lambda2 is 0"),
        Row("vaal_herding_no_linear_path", "VAE, D", "components, D, model", "a plain VAE"),
        Row("vaal_herding_fixed_power", "VAE, D", "components, D, model", "exponent of D 0.5"),
        Row("vaal_herding_power_1", "VAE, D", "components, D, model", "exponent of the model 1"),
        Row("vaal_herding_latent", "VAE, D", "latent space, D, model", "among latent means"),
        Row("vaal_herding_decoded", "VAE, D", "decoded space, D, model", "among decoded means"),
        Row("vaal_herding_decoded_n_labeled", "VAE, D", "decoded, D, model", "D counts by labels"),
        Row("herding_class_balance", "-", "components, model", "herding; rare classes count more"),
        Row("herding_power_1", "-", "components, model", "herding; exponent of the model 1"),
        Row("mc_dropout", "-", "model's dropout", "entropy of the mean of 20 passes"),
        Row("dbal", "-", "model's dropout", "mutual information over 20 passes"),
        Row("variation_ratios", "committee", "votes", "share of votes against the majority"),
    ),
    "modAL": (
        Row("ranked_batch", "-", "model, distances", "uncertain, and far from labels"),
        Row("information_density", "-", "model, distances", "uncertain, and typical"),
        Row("vote_entropy", "committee", "votes", "entropy of the votes"),
        Row("consensus_entropy", "committee", "members", "entropy of the members' mean"),
        Row("max_disagreement", "committee", "members", "a member far from the mean"),
    ),
    "scikit-activeml": (
        Row("core_set", "-", "distances", "far from all labels: greedy k-center"),
        Row("core_set_features", "-", "model's features", "the same among its features"),
        Row("badge", "-", "model's gradients", "k-means++ among gradients"),
        Row("typi_clust", "-", "distances", "the typical sample of each cluster"),
        Row("prob_cover", "-", "distances", "covers the pool by balls"),
        Row("max_herding", "-", "distances", "covers the pool by kernels"),
        Row("drop_query", "-", "model's dropout", "k-means among what flips"),
        Row("clue", "-", "model, distances", "k-means, weighed by entropy"),
        Row("falcun", "-", "model", "margin, and unlike the batch"),
        Row("bald", "committee", "members", "mutual information with a committee"),
        Row("discriminative_al", "a copy", "distances", "looks unlabelled to a copy of the model"),
    ),
}
_OF_MODAL = ("margin", "entropy", "uncertainty")


@usage_errors()
def strategies() -> None:
    """List the strategies: what each trains, reads and does."""
    own = list_own()
    tables = {
        "skvaal": [row for row in own if row.name not in _OF_MODAL],
        "modAL": [row for row in own if row.name in _OF_MODAL],
    }
    for number, (library, rows) in enumerate(ONLY_BENCHMARK.items()):
        say(("\n" if number else "") + f"Of {library}:")
        marked = [(row, "q") for row in tables.get(library, [])]
        marked += [(row, "") for row in rows]
        for row, mark in marked:
            say(f"{row.name:<31}{mark:<2}{row.trains:<11}{row.reads:<24}{row.idea}")
    say("\nColumns: name, what it trains, what it reads, how it chooses. D: the discriminator.")
    say("q: skvaal query has it, too, without that library. skvaal benchmark has all.")


def list_own() -> list[Row]:
    """Rows of the strategies that choose one batch, too."""
    from skvaal.project.choosing.strategies import STRATEGIES

    return [Row(name, each.trains, each.reads, each.idea) for name, each in STRATEGIES.items()]
