"""The networks of a campaign with their scores, as some figures compute with them."""

from hardmag.errors import UserError
from hardmag.files import read_json, sha256
from hardmag.inverse.store import load_designer
from hardmag.surrogates.models import Networks
from hardmag.surrogates.store import load_forward


def load_networks(predictor, predictor_scores, samples):
    """(Networks, training range of each feature, scores or None) of one campaign.

    predictor: forward.h5, or designer.h5 where the scores are those of its ensemble; predictor_scores: list of the file of
    comparison.score_model of `f_nn` or `ensemble`, empty: none; samples: the table both were made of. Raises UserError where a
    file belongs to another dataset.
    """
    scored = None
    for path in predictor_scores:
        scored = read_json(path)
        _check_origin(path, scored, samples)
    if scored is not None and scored["variants"][0]["model"] == "ensemble":
        designer = load_designer(predictor)
        networks, ranges, metadata = designer.ensemble, designer.training_range, designer.metadata
    else:
        forward = load_forward(predictor)
        networks = Networks((forward.network,), forward.feature_scaler, forward.target_scaler)
        ranges, metadata = forward.metadata["training_range"], forward.metadata
    _check_origin(predictor, metadata, samples)
    return networks, ranges, scored


def _check_origin(path, content, dataset):
    if content.get("dataset_sha256") != sha256(dataset):
        raise UserError(f"{path}: made of another file than {dataset}; delete it and run again")
