"""Logistic regression: the linear classifier with the highest penalised likelihood, by Newton's method."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks_of_rows
from anncli.network.activations.logistic import logistic

# The penalty 1/2 sum of squared weights stands against the summed loss, as with C = 1 in scikit-learn; biases have none.
_MOST_STEPS, _MOST_PRODUCTS = 100, 200
# The norm of the gradient, for each row, at which the weights no longer change a probability by more than 1e-6.
_ENOUGH = 1e-9


class LogisticRegression(NamedTuple):
    """parameters (1 + n_inputs, K) float64, the biases first; for two classes K = 1: the score of class 0 against class 1."""

    parameters: Array

    def probabilities(self, inputs: Array) -> Array:
        """float64 (n, number of classes) of inputs (n, n_inputs)."""
        n_scores = self.parameters.shape[1]
        found = np.empty((len(inputs), max(n_scores, 2)))
        for block in blocks_of_rows(*inputs.shape):
            scores = inputs[block].astype(np.float64) @ self.parameters[1:] + self.parameters[0]
            found[block] = np.hstack([logistic(scores), logistic(-scores)]) if n_scores == 1 else _softmax(scores)
        return found


def fit_logistic(inputs: Array, labels: Array, n_classes: int, weights: Array | None = None) -> LogisticRegression:
    """Of inputs (n, n_inputs) and labels (n,) 0 .. n_classes - 1, each of which occurs; weights (n,) of the rows, else 1.

    Newton's method, with conjugate gradients for its equations: no matrix of second derivatives is held.
    Source: Nocedal & Wright 2006, Numerical Optimization, algorithm 7.1.
    """
    problem = _Problem(inputs, labels, n_classes, np.ones(len(inputs)) if weights is None else weights)
    parameters = np.zeros((inputs.shape[1] + 1, 1 if n_classes == 2 else n_classes))
    loss, gradient, curvatures = problem.loss_and_gradient(parameters)
    for _ in range(_MOST_STEPS):
        norm = float(np.linalg.norm(gradient))
        if norm <= _ENOUGH * max(1.0, problem.total):
            break
        step = _solve(problem, gradient, curvatures, min(0.1, norm**0.5 / max(1.0, problem.total) ** 0.5) * norm)
        length, slope = 1.0, float((gradient * step).sum())
        while True:
            trial = parameters + length * step
            found = problem.loss_and_gradient(trial)
            if found[0] <= loss + 1e-4 * length * slope or length < 1e-10:
                break
            length /= 2
        if not found[0] < loss:
            # Rounding hides what is left to gain.
            break
        parameters, (loss, gradient, curvatures) = trial, found
    return LogisticRegression(parameters)


class _Problem:
    """The penalised loss of all rows, its gradient, and products with its second derivatives."""

    def __init__(self, inputs: Array, labels: Array, n_classes: int, weights: Array) -> None:
        self.inputs, self.labels, self.n_classes = inputs, labels.astype(np.int64), n_classes
        self.weights = weights.astype(np.float64)
        self.total = float(self.weights.sum())

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array, Array]:
        """The loss, its gradient in the shape of the parameters, and the probabilities (n, K) that curve() needs."""
        loss, gradient = 0.5 * float((parameters[1:] ** 2).sum()), np.zeros_like(parameters)
        gradient[1:] = parameters[1:]
        kept = np.empty((len(self.inputs), parameters.shape[1]))
        for block in blocks_of_rows(*self.inputs.shape):
            rows, labels, weights = self.inputs[block].astype(np.float64), self.labels[block], self.weights[block]
            scores = rows @ parameters[1:] + parameters[0]
            if parameters.shape[1] == 1:
                signs = np.where(labels == 0, 1.0, -1.0)
                loss += float(weights @ np.logaddexp(0.0, -signs * scores[:, 0]))
                kept[block] = logistic(scores)
                slopes = kept[block] - (labels == 0)[:, None]
            else:
                kept[block] = _softmax(scores)
                highest = scores.max(axis=1)
                sums = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
                loss += float(weights @ (sums - scores[np.arange(len(rows)), labels]))
                slopes = kept[block].copy()
                slopes[np.arange(len(rows)), labels] -= 1
            slopes *= weights[:, None]
            gradient[1:] += rows.T @ slopes
            gradient[0] += slopes.sum(axis=0)
        return loss, gradient, kept

    def curve(self, kept: Array, along: Array) -> Array:
        """The second derivatives times a direction in the shape of the parameters."""
        product = np.zeros_like(along)
        product[1:] = along[1:]
        for block in blocks_of_rows(*self.inputs.shape):
            rows, p = self.inputs[block].astype(np.float64), kept[block]
            moved = rows @ along[1:] + along[0]
            moved = p * (1 - p) * moved if along.shape[1] == 1 else p * (moved - (p * moved).sum(axis=1, keepdims=True))
            moved *= self.weights[block, None]
            product[1:] += rows.T @ moved
            product[0] += moved.sum(axis=0)
        return product


def _solve(problem: _Problem, gradient: Array, kept: Array, tolerance: float) -> Array:
    """The Newton step, by conjugate gradients up to a residual of `tolerance`."""
    step, residual = np.zeros_like(gradient), -gradient
    direction, square = residual.copy(), float((residual**2).sum())
    for _ in range(_MOST_PRODUCTS):
        if square**0.5 <= tolerance:
            break
        product = problem.curve(kept, direction)
        length = square / float((direction * product).sum())
        step += length * direction
        residual -= length * product
        before, square = square, float((residual**2).sum())
        direction = residual + square / before * direction
    return step


def _softmax(scores: Array) -> Array:
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Array = e / e.sum(axis=1, keepdims=True)
    return found
