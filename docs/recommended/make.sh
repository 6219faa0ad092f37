#!/usr/bin/env bash
# Plays the comparisons whose records are in docs/recommended, docs/ablations, docs/batches and docs/variants, and the named
# cases into docs/cases: some hours on two cores. After a stop, complete runs stay. "report" writes build/recommended/report.html and
# build/cases/report.html; "cases NAME,... [STRATEGY,...]" plays some cases, with herding_power_1 among the strategies. Data
# that neither scikit-learn nor river brings are read from .npz files in $SKVAAL_DATA.
#
# Herding as it was (herding_power_1) was tuned on digits, wine and Fashion-MNIST, an earlier VAAL herding
# (vaal_herding_decoded_n_labeled) by a prototype on these, on breast cancer, on the features of CIFAR-10 and on the texts.
# How herding trusts the model was found on the named cases. Nothing was tuned on CIFAR-10's images and Caltech-101.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
strategies=random,margin,uncertainty,entropy,ranked_batch,core_set,badge,typi_clust,prob_cover,max_herding
ours=herding,herding_no_learner,herding_power_1,vaal_herding,vaal_herding_decoded_n_labeled
strategies+=,drop_query,clue,falcun,$ours
fewest=random,margin,typi_clust,falcun,$ours
few=random,margin,typi_clust,falcun,clue,$ours
linear=random,margin,typi_clust,$ours,vaal
parts=random,herding,vaal_herding,vaal_herding_shuffled_d,vaal_herding_no_adversary
parts+=,vaal_herding_no_linear_path,vaal_herding_fixed_power,vaal_herding_decoded,vaal_herding_power_1
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
        --seeds 10 --initial 100 --batch 100 --rounds 3 --pool-size 2000
    compare recommended/fashion_mnist_cnn fashion_mnist ${fewest/falcun,/} standard,biased_start \
        --estimator small_cnn --seeds 10 --initial 200 --batch 200 --rounds 2 --pool-size 4000 ;;& cifar10 | all)
    compare recommended/cifar10 cifar10 $fewest standard \
        --estimator small_cnn --seeds 10 --initial 500 --batch 250 --rounds 2 --pool-size 5000
    compare recommended/cifar10_biased cifar10 $fewest biased_start \
        --estimator small_cnn --seeds 10 --initial 500 --batch 250 --rounds 2 --pool-size 5000 ;;& caltech101 | all)
    compare recommended/caltech101 caltech101_64 $fewest standard \
        --image-size 32 --seeds 10 --initial 202 --batch 101 --rounds 2 --pool-size 1500 ;;& features | all)
    for data in cifar10_features ag_news_small; do
        compare recommended/${data}_many $data $linear standard --estimator logistic_regression \
            --seeds 10 --initial 600 --batch 300 --rounds 4 --pool-size 6000
    done
    compare recommended/cifar10_features cifar10_features $linear standard --estimator logistic_regression \
        --seeds 10 --initial 100 --batch 100 --rounds 4 --pool-size 4000
    compare recommended/ag_news_small ag_news_small $linear standard --estimator logistic_regression \
        --seeds 10 --initial 40 --batch 40 --rounds 4 --pool-size 4000 ;;& ablations | all)
    compare ablations/digits digits $parts standard,biased_start --seeds 20 --initial 20 --batch 20 --rounds 5
    compare ablations/cifar10_features cifar10_features $parts standard,biased_start \
        --estimator logistic_regression --seeds 20 --initial 100 --batch 100 --rounds 4 --pool-size 4000 ;;& batches | all)
    compare batches digits ${few%,vaal_herding,*} budget_sweep \
        --seeds 10 --initial 20 --batch 20 --rounds 4 ;;& variants | all)
    # What VAAL's own parts are worth: the paper's method, its ablations, TA-VAAL and SRAAL.
    compare variants digits \
        random,vaal,vaal_no_vae,vaal_frozen_vae,vaal_no_discriminator,ta_vaal,sraal,herding \
        standard,biased_start --seeds 10 --initial 20 --batch 80 --rounds 1 ;;& cases | all)
    # What the library's claims are about; `skvaal benchmark --cases` lists them.
    skvaal benchmark --quiet --out cases --case "${2:-all}" --against herding_power_1 \
        --strategies "${3:-random,margin,typi_clust,herding_power_1,herding,vaal_herding}" ;;& report | all)
    skvaal report recommended --out ../build/recommended
    ! compgen -G "cases/*/config.json" > /dev/null || skvaal report cases --out ../build/cases --against herding_power_1 ;;
esac
