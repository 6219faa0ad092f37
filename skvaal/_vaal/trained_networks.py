"""What can be asked of trained networks: scores, latent means, reconstructions, a diagnosis."""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skvaal._engine.device import resolve_device
from skvaal._engine.generators import own_generators
from skvaal._pool.components import PrincipalComponents, SparseReduction, check_coordinates
from skvaal._pool.conversion import as_real_numbers
from skvaal._pool.pool import Pool
from skvaal._predictions.pixels import UnsurePixels
from skvaal._predictions.predictions import Predictions
from skvaal._rules.lookup import RULES
from skvaal._rules.rule import Candidates, Rule
from skvaal._utils.exceptions import EmptyPoolWarning, warn_user
from skvaal._utils.float_errors import allowing_underflow
from skvaal._utils.model_file import Namespaces, are_stored_alike
from skvaal._utils.params import Interval
from skvaal._utils.schema import (
    COUNT,
    TABLE,
    TEXT,
    check_array,
    check_names,
    entries,
    number,
    one_of,
)
from skvaal._vaal.candidates import NetCandidates, NetReader, check_finite
from skvaal._vaal.diagnostics import Diagnostics
from skvaal._vaal.examination import examine, warn_of_findings
from skvaal._vaal.lookup import NETS
from skvaal._vaal.modules import ConvVAE, DenseVAE, LatentDiscriminator
from skvaal._vaal.net import VAALNet
from skvaal._vaal.prepared_samples import LOOKS, PREPARATIONS, PreparedSamplesMixin

# What a file may name of torch.optim, as far as this torch has it.
_OPTIMIZERS = (
    *("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "LBFGS", "Muon"),
    *("NAdam", "RAdam", "RMSprop", "Rprop", "SGD", "SparseAdam"),
)
# Of the arrays that the net reads: its weights, and what its `extra` holds.
_PREFIXES = ("vae.", "discriminator.", "extra.")
# What a file holds beside the net.
_LEARNED = entries(
    {"net": TABLE, "n_iter": COUNT, "class": TEXT, "likelihood": TEXT},
    {"space": one_of("decoded", "latent", "components"), "total_variance": number(0)},
    others=False,
)
_OWN_ARRAYS = {
    *("space.mean", "space.components", "space.variances"),
    *("labeled_coordinates", "sparse_reduction"),
}
# What herding was by default in files of earlier versions. In those of version 2, 'n_labeled' was
# called 'auto'.
_HERDING_OF_VERSION_2 = {"space": "decoded", "score_power": "n_labeled"}
_HERDING_OF_VERSION_3 = {"uncertainty_power": 1.0}
_N_FOLDS = Interval(Integral, 2, None, closed="left")


# set_output of TransformerMixin sees a `transform` of a subclass only.
class TrainedNetMixin(TransformerMixin, PreparedSamplesMixin):
    """The methods of :class:`~skvaal.VAALQueryStrategy` that read its net `net_`."""

    net_: VAALNet
    n_iter_: int
    components_: PrincipalComponents
    labeled_coordinates_: NDArray[np.float32]
    _space: str

    def continue_from(self, fitted: TrainedNetMixin) -> TrainedNetMixin:
        """Let the next fit, with ``warm_start=True``, go on from a fitted strategy's networks."""
        if not isinstance(fitted, TrainedNetMixin):
            raise TypeError(f"fitted={fitted!r} has no networks to go on from")
        check_is_fitted(fitted)
        for name in ("net_", "n_iter_", "components_", *PREPARATIONS, *LOOKS):
            if hasattr(fitted, name):
                setattr(self, name, getattr(fitted, name))
        return self

    @allowing_underflow
    def score_samples(self, X: Any, *, proba: ArrayLike | None = None) -> NDArray[np.float32]:
        """Log-odds of being labelled; higher is more like the labelled pool.

        With ``net='no_discriminator'``, minus the 2-Wasserstein distance of q(z|x) to the centroid
        of the labelled set, in units of the latent space. Only with ``net='published'`` does a
        sample's score depend on the other rows of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or 4-D array
        proba : array-like, default=None
            Class probabilities of X, as in :meth:`query`, for nets that read predictions.

        Returns
        -------
        array of float of shape (n_samples,)
        """
        check_is_fitted(self)
        return self._reader().read_scores(self._open_with_extra(X, proba), "X")

    @allowing_underflow
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Latent means mu of X, (n_samples, latent_dim)."""
        check_is_fitted(self)
        return self._reader().evaluate("means", self._open(X))

    @allowing_underflow
    def inverse_transform(self, Z: ArrayLike) -> NDArray:
        """Decode latent vectors.

        Parameters
        ----------
        Z : array-like of shape (n_samples, latent_dim)
            Where the decoder reads more, its columns follow.

        Returns
        -------
        array of shape (n_samples, ...)
            In the layout of the X that was fitted; uint8 if that was uint8 images, else float.
        """
        check_is_fitted(self)
        Z = as_real_numbers(Z, "Z").astype(np.float32)
        size = self.net_.n_decoder_inputs_
        if Z.ndim != 2 or Z.shape[1] != size or not (len(Z) and np.isfinite(Z).all()):
            n_more = size - self.net_.latent_dim_
            more = f"; the last {n_more} are what the decoder reads beside z" if n_more else ""
            raise ValueError(
                f"Z must be finite and of shape (n_samples, {size}), of 1 row or more, got "
                f"{Z.shape}{more}"
            )
        return self._restore_samples(self.net_.reconstruct(Z))

    @allowing_underflow
    def score(self, X: Any, y: ArrayLike | None = None, *, proba: ArrayLike | None = None) -> float:
        """Mean evidence lower bound per sample, in nats, for tuning without labels.

        The reconstruction term is taken at z = mu, so that no chance enters; that makes it larger
        than the mean over q(z|x). beta is 1, so that the scores of different `beta` compare.

        Parameters
        ----------
        X
            As in :meth:`score_samples`.
        y : ignored
        proba
            As in :meth:`score_samples`; needed only if the decoder reads probabilities.

        Returns
        -------
        float
            Higher is better.

        Raises
        ------
        ValueError
            If the net has no VAE: there is no bound; or if a sample is too large for one.
        """
        check_is_fitted(self)
        if not (self.net_.has_vae and hasattr(self.net_, "variance_")):
            raise ValueError(f"net={self.net!r} has no VAE to score, only query and the like")
        decoder_reads_more = self.net_.n_decoder_inputs_ > self.net_.latent_dim_
        pool = self._open_with_extra(X, proba) if decoder_reads_more else self._open(X)
        bounds = check_finite(self._reader().evaluate("elbo", pool), "X")
        return float(bounds.mean(dtype=np.float64)) + self._log_volume()

    @allowing_underflow
    def diagnose(
        self,
        X_labeled: Any,
        X_unlabeled: Any,
        *,
        n_folds: int = 5,
        proba_labeled: ArrayLike | None = None,
        proba_unlabeled: ArrayLike | None = None,
    ) -> Diagnostics:
        """Find out whether the latent space and the scores are worth anything.

        Takes a few passes over both pools, and trains up to ``2 * n_folds`` discriminators on mu.

        Parameters
        ----------
        X_labeled, X_unlabeled : array-like of shape (n_samples, n_features) or 4-D array
            The pools that were fitted.
        n_folds : int, default=5
            Parts of each pool, of which one is held out at a time; at least 2.
        proba_labeled, proba_unlabeled : array-like, default=None
            Class probabilities as in :meth:`fit_pools`, for nets that read predictions.

        Returns
        -------
        Diagnostics
            Also kept as ``diagnostics_``; ``print`` shows it.

        Warns
        -----
        PosteriorCollapseWarning
            If no latent unit varies over the data.
        UninformativeDiscriminatorWarning
            If held-out samples of the two pools cannot be told apart, and the rule reads scores.

        Raises
        ------
        ValueError, TypeError, NotFittedError
            If the pools do not fit what was fitted, or `n_folds` is below 2.
        """
        check_is_fitted(self)
        if len(getattr(X_unlabeled, "shape", (0, 0))) == 1:
            raise ValueError(
                f"X_unlabeled has shape {X_unlabeled.shape}; diagnose takes X_labeled and "
                "X_unlabeled, not y"
            )
        if not _N_FOLDS.is_satisfied_by(n_folds):
            raise ValueError(f"n_folds={n_folds!r}, but it must be an integer of at least 2")
        labeled = self._open_with_extra(X_labeled, proba_labeled, "_labeled")
        unlabeled = self._open_with_extra(X_unlabeled, proba_unlabeled, "_unlabeled")
        with own_generators(self._seed, torch.device(self.net_.device)):
            found = examine(
                self.net_,
                labeled,
                unlabeled,
                seed=self._seed,
                n_folds=n_folds,
                components=getattr(self, "components_", None),
                rule=self._make_rule(),
                reads_uncertainty=self.uncertainty is not None,
            )
        self.diagnostics_ = found
        warn_of_findings(found)
        return found

    @property
    def _n_features_out(self) -> int:
        return self.net_.latent_dim_

    def _open_with_extra(self, X: Any, proba: Any, suffix: str = "") -> Pool:
        """Open X with what the net reads beside it; `suffix` ends the arguments' names."""
        pool, name = self._open(X, f"X{suffix}"), f"proba{suffix}"
        self.net_.attach_extra(pool, Predictions.of(proba, len(pool), name), name)
        return pool

    def _reader(self) -> NetReader:
        return NetReader(self.net_, self.device, self._seed, self.verbose)

    def _locate_labeled(self, labeled: Pool, space: str) -> NDArray[np.float32]:
        if not len(labeled):
            return self._no_coordinates(space)
        return self._place(labeled, space, "X_labeled")

    def _locate(self, X: Any) -> NDArray[np.float32]:
        """Coordinates of samples, in the space that the last fit kept those of the labelled in."""
        return self._place(self._open(X, "X"), self._space, "X")

    def _place(self, pool: Pool, space: str, name: str) -> NDArray[np.float32]:
        components = getattr(self, "components_", None)
        return self._reader().place(pool, space, components, name)

    def _kept_coordinates(self, space: str) -> NDArray[np.float32] | None:
        """Coordinates of the labelled samples, if the last fit kept them in that space."""
        if not self.n_labeled_:
            return self._no_coordinates(space)
        is_kept = hasattr(self, "labeled_coordinates_") and space == self._space
        return self.labeled_coordinates_ if is_kept else None

    def _no_coordinates(self, space: str) -> NDArray[np.float32]:
        n_dims = self.net_.latent_dim_ if space == "latent" else len(self.components_.components)
        return np.empty((0, n_dims), dtype=np.float32)

    def _check_kept(self, rule: Rule) -> NDArray[np.float32] | None:
        """Coordinates that a rule reads of labelled samples; an error if the last fit kept none."""
        space = rule.space if rule.reads.coordinates else None
        is_missing = space not in (None, "latent") and not hasattr(self, "components_")
        labeled = None if space is None or is_missing else self._kept_coordinates(space)
        if is_missing or (rule.reads.labeled_coordinates and labeled is None):
            raise ValueError(
                f"rule={rule!r} reads coordinates of the samples in space={space!r}, which were "
                "not kept: set the rule before fit, or fit again"
            )
        return labeled

    def _make_candidates(
        self, pool: Pool, rule: Rule, uncertainty: NDArray | None, predictions: Predictions
    ) -> Candidates:
        reads = rule.reads
        space = rule.space if reads.coordinates else None
        labeled = self._check_kept(rule)
        decoder_reads_more = self.net_.n_decoder_inputs_ > self.net_.latent_dim_
        if reads.scores or (space == "decoded" and decoder_reads_more):
            self.net_.attach_extra(pool, predictions)
        if reads.scores and not self.n_unlabeled_:
            warn_user(
                f"fitted on {self.n_labeled_} labelled and 0 unlabelled samples: the "
                "discriminator had nothing to tell apart, and its scores say nothing",
                EmptyPoolWarning,
            )
        return NetCandidates(
            self._reader(),
            pool,
            reads=reads,
            rule_space=space,
            components=getattr(self, "components_", None),
            labeled_coordinates=labeled,
            uncertainty=uncertainty,
            proba=self._proba_for(rule, predictions),
        )

    def _params_to_save(self) -> dict[str, Any]:
        return {**super()._params_to_save(), "device": str(self.device)}

    def _export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        self._check_as_fitted()
        values, arrays = self.net_.export_state()
        own: dict[str, Any] = {
            "n_iter": self.n_iter_,
            "class": type(self.net_).__name__,
            "likelihood": self.net_.likelihood,
        }
        if hasattr(self, "labeled_coordinates_"):
            own["space"], arrays["labeled_coordinates"] = self._space, self.labeled_coordinates_
        if hasattr(self, "components_"):
            own["total_variance"] = self.components_.total_variance
            arrays |= {
                f"space.{name}": np.asarray(getattr(self.components_, name))
                for name in ("mean", "components", "variances")
            }
        if hasattr(self, "sparse_reduction_"):
            arrays["sparse_reduction"] = self.sparse_reduction_.components
        arrays |= self._pool_arrays()
        return {"net": values, **own}, arrays

    def _check_as_fitted(self) -> None:
        """Raise if a parameter that the net was built of was set since the fit."""
        recipe = self._recipe(self.input_shape_)
        self._check_nested_params(recipe.components())
        resolve_device(self.device)
        modules = recipe.modules()
        given = {"likelihood": self.likelihood} | {
            f"{prefix}__{name}": value
            for prefix in modules
            for name, value in recipe.nested[prefix].items()
        }
        changed = [name for name, each in modules.items() if getattr(self.net_, name) is not each]
        changed += [
            name
            for name, value in given.items()
            if not are_stored_alike(getattr(self.net_, name, None), value)
        ]
        changed += ["net"] * (recipe.net_class is not type(self.net_))
        # Of nets that rank samples by it.
        ranked_by = getattr(self.net_.extra, "uncertainty", self.uncertainty)
        changed += ["uncertainty"] * (ranked_by != self.uncertainty)
        if changed:
            raise ValueError(
                f"{', '.join(changed)} was set after fit, so that a file would hold another net "
                "than was fitted; fit again, or set it back"
            )
        self._check_kept(self._make_rule())

    def _restore_state(self, values: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        self._restore_from_pool_arrays(arrays)
        _LEARNED(values, "learned")
        self.n_iter_ = values["n_iter"]
        sample_shape = self.input_shape_
        if "sparse_reduction" in arrays:
            shape = (None, self.n_features_in_)
            reduction = check_array(arrays, "sparse_reduction", np.float32, shape)
            self.sparse_reduction_ = SparseReduction(reduction)
            sample_shape = (len(reduction),)
        recipe = self._recipe(sample_shape)
        if recipe.net_class.__name__ != values["class"]:
            found, wanted = values["class"], recipe.net_class.__name__
            raise ValueError(f"it holds a {found}, not a {wanted}")
        if self.likelihood != values["likelihood"]:
            found = values["likelihood"]
            raise ValueError(f"it was trained with likelihood={found!r}, not {self.likelihood!r}")
        own = (name for name in arrays if not name.startswith(_PREFIXES))
        check_names(own, _OWN_ARRAYS | set(recipe.net_class.fitted_arrays))
        self._check_nested_params(recipe.components())
        self.net_ = recipe.restore(values["net"], arrays, self.uncertainty)
        self.history_ = self.net_.history
        self._restore_space(values, arrays, math.prod(sample_shape))
        self._check_kept(self._make_rule())

    def _restore_space(
        self, values: dict[str, Any], arrays: dict[str, NDArray], n_features: int
    ) -> None:
        n_components = None
        if "total_variance" in values:
            axes = check_array(arrays, "space.components", np.float32, (None, n_features))
            n_components = len(axes)
            self.components_ = PrincipalComponents(
                mean=check_array(arrays, "space.mean", np.float32, (n_features,)),
                components=axes,
                variances=check_array(arrays, "space.variances", np.float64, (n_components,)),
                total_variance=values["total_variance"],
            )
        if "space" in values:
            self._space = values["space"]
            n_dims = self.net_.latent_dim_ if self._space == "latent" else n_components
            shape = (self.n_labeled_, n_dims)
            Z = check_array(arrays, "labeled_coordinates", np.float32, shape)
            self.labeled_coordinates_ = check_coordinates(Z, Pool(Z), "labeled_coordinates")

    @classmethod
    def _as_of_now(cls, saved: dict[str, Any], version: int) -> dict[str, Any]:
        if version < 3:
            saved = _without_auto(_stating(_HERDING_OF_VERSION_2, saved))
        reads_none = saved.get("uncertainty", "auto") is None
        return saved if version >= 4 or reads_none else _stating(_HERDING_OF_VERSION_3, saved)

    @classmethod
    def _namespaces(cls) -> Namespaces:
        own = (ConvVAE, DenseVAE, LatentDiscriminator, *RULES.values(), *NETS.values())
        known = (name for name in _OPTIMIZERS if hasattr(torch.optim, name))
        optimizers = {name: getattr(torch.optim, name) for name in known}
        named = {each.__name__: each for each in (UnsurePixels, *own)}
        return {"torch.optim": optimizers, "skvaal": named}


def _stating(defaults: dict[str, Any], saved: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a file, with those of herding that it leaves at defaults of its time."""
    match saved.get("rule"):
        case "herding":
            return {**{f"rule__{name}": value for name, value in defaults.items()}, **saved}
        case {"object": ["skvaal", "Herding"], "params": dict(params), **rest}:
            params = {**defaults, **params}
            return {**saved, "rule": {**rest, "object": ["skvaal", "Herding"], "params": params}}
    return saved


def _without_auto(saved: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a file of version 2, with the present name of herding by labels."""
    match saved:
        case {"rule": {"params": {"score_power": "auto", **params}, **rest}}:
            rule = {**rest, "params": {**params, "score_power": "n_labeled"}}
            return {**saved, "rule": rule}
        case {"rule__score_power": "auto"}:
            return {**saved, "rule__score_power": "n_labeled"}
    return saved
