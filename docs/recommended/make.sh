#!/usr/bin/env bash
# Plays the comparisons whose records are in docs/recommended, docs/batches and docs/variants: some hours on two
# cores. After a stop, complete runs stay. "report" writes build/recommended/report.html. Fashion-MNIST and
# CIFAR-10 are read from .npz files in $SKVAAL_DATA.
#
# Tuned on: digits, wine, Fashion-MNIST. Never tuned on: breast cancer, CIFAR-10, Caltech-101.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
strategies=random,margin,uncertainty,entropy,ranked_batch,core_set,badge,typi_clust,prob_cover,max_herding
strategies+=,drop_query,clue,falcun,herding,herding_no_learner
fewest=random,margin,typi_clust,falcun,herding,herding_no_learner
few=random,margin,typi_clust,falcun,clue,herding,herding_no_learner
compare() {  # folder, data, strategies, protocols and the rest
    skvaal benchmark --quiet --out "$1" --data "$2" --strategies "$3" --protocols "$4" "${@:5}"
}
case "${1:-all}" in digits | all)
    compare recommended/digits digits $strategies standard,biased_start,imbalanced,noisy_oracle \
        --seeds 10 --initial 20 --batch 20 --rounds 5 ;;& breast_cancer | all)
    compare recommended/breast_cancer breast_cancer $strategies standard,imbalanced,noisy_oracle \
        --seeds 10 --initial 10 --batch 10 --rounds 5 ;;& wine | all)
    compare recommended/wine wine $strategies standard,biased_start,noisy_oracle \
        --seeds 10 --initial 6 --batch 6 --rounds 5 ;;& fashion_mnist | all)
    compare recommended/fashion_mnist fashion_mnist $few standard,biased_start \
        --seeds 10 --initial 100 --batch 100 --rounds 3 --pool-size 2000 ;;& cifar10 | all)
    compare recommended/cifar10 cifar10 $fewest standard \
        --estimator small_cnn --seeds 10 --initial 500 --batch 250 --rounds 2 --pool-size 5000
    compare recommended/cifar10_biased cifar10 $fewest biased_start \
        --estimator small_cnn --seeds 10 --initial 500 --batch 250 --rounds 2 --pool-size 5000 ;;& caltech101 | all)
    compare recommended/caltech101 caltech101_64 $fewest standard \
        --image-size 32 --seeds 10 --initial 202 --batch 101 --rounds 2 --pool-size 1500 ;;& batches | all)
    compare batches digits $few budget_sweep \
        --seeds 10 --initial 20 --batch 20 --rounds 4 ;;& variants | all)
    # What VAAL's own parts are worth: the paper's method, its ablations, TA-VAAL and SRAAL.
    compare variants digits \
        random,vaal,vaal_no_vae,vaal_frozen_vae,vaal_no_discriminator,ta_vaal,sraal,herding \
        standard,biased_start --seeds 10 --initial 20 --batch 80 --rounds 1 ;;& report | all)
    skvaal report recommended --out ../build/recommended ;;
esac
