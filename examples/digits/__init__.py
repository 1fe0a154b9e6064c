"""A small project over scikit-learn's digits: data, trainings, a crash, a sweep, an ensemble, deployments, one leak."""
