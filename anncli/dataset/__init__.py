"""Datasets: samples with labels, their encoding as targets, splits and the fitting of scalings."""

from anncli.dataset.dataset import UNLABELLED, Dataset, Source, blocks, label_type, picked, row_numbers, row_range

__all__ = ["UNLABELLED", "Dataset", "Source", "blocks", "label_type", "picked", "row_numbers", "row_range"]
