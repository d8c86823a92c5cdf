"""Datasets and the loader that makes batches of them, under PyTorch's names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.creation import randint, randperm, tensor
from minigrad.functional.join import stack


class Dataset:
    """Base of datasets: a subclass defines `__getitem__(index)` and `__len__()`."""

    def __getitem__(self, index: int) -> Any:
        raise ArgumentError(f"{type(self).__name__} must define __getitem__(index)")

    def __len__(self) -> int:
        raise ArgumentError(f"{type(self).__name__} must define __len__()")


class TensorDataset(Dataset):
    """Rows of several tensors side by side: `TensorDataset(x, y)[i]` is (x[i], y[i])."""

    def __init__(self, *tensors: Tensor) -> None:
        if len({len(t) for t in tensors}) != 1:
            raise ShapeError(
                f"TensorDataset: tensors must have one length, got {[len(t) for t in tensors]}"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """The elements of a dataset at `indices`."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Parts of these lengths, or shares that add up to 1, of a dataset in random order."""
    n, sizes = len(dataset), list(lengths)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1 + 1e-9 and n != 1:
        sizes = [math.floor(n * share) for share in sizes]
        for i in range(n - int(sum(sizes))):  # the rest goes round
            sizes[i % len(sizes)] += 1
    if sum(sizes) != n:
        raise ArgumentError(f"random_split: lengths must add up to {n}, got {list(lengths)}")
    order, parts, start = randperm(n, generator=generator).tolist(), [], 0
    for size in sizes:
        parts.append(Subset(dataset, order[start : start + int(size)]))
        start += int(size)
    return parts


def default_collate(batch: Sequence[Any]) -> Any:
    """Samples as one batch: tensors stacked, numbers as a tensor, tuples and dicts item by item."""
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, np.ndarray | np.generic):
        return tensor(np.stack(batch))
    if isinstance(first, int | float):
        return tensor(list(batch), dtype="float64" if isinstance(first, float) else None)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, list | tuple):
        return [default_collate(part) for part in zip(*batch, strict=True)]
    return list(batch)


class DataLoader:
    """Batches of a dataset, in order or, with `shuffle`, in a new random order each time.

    The last batch is smaller unless `drop_last`. `sampler` gives the indices, one by one. An
    IterableDataset is read in its own order. What concerns workers and pinned memory is accepted:
    everything happens in this process.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        sampler: Iterable[int] | None = None,
        *,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        generator: Generator | None = None,
        persistent_workers: bool = False,
        prefetch_factor: int | None = None,
        worker_init_fn: Any = None,
    ) -> None:
        if batch_size < 1:
            raise ArgumentError(f"DataLoader: batch_size must be positive, got {batch_size}")
        if shuffle and sampler is not None:
            raise ArgumentError("DataLoader: sampler and shuffle exclude each other")
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.shuffle, self.sampler, self.generator = shuffle, sampler, generator
        self.collate_fn = collate_fn or default_collate

    def _order(self) -> Iterable[int]:
        if self.sampler is not None:
            return self.sampler
        n = len(self.dataset)
        return randperm(n, generator=self.generator).tolist() if self.shuffle else range(n)

    def __iter__(self) -> Iterator[Any]:
        streamed = isinstance(self.dataset, IterableDataset)
        samples = iter(self.dataset) if streamed else (self.dataset[i] for i in self._order())
        while batch := list(islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)

    def __len__(self) -> int:
        n = len(self.dataset) if self.sampler is None else len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else math.ceil(n / self.batch_size)


class RandomSampler:
    """Every index once, in a new random order each time; with `replacement`, drawn one by one."""

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self.num_samples = len(data_source) if num_samples is None else num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if not self.replacement:
            yield from randperm(n, generator=self.generator).tolist()[: self.num_samples]
            return
        for start in range(0, self.num_samples, 32):  # 32 at a time: num_samples may be endless
            size = min(32, self.num_samples - start)
            yield from randint(0, n, (size,), generator=self.generator).tolist()

    def __len__(self) -> int:
        return self.num_samples


class SequentialSampler:
    """Every index in order."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class DistributedSampler(RandomSampler):
    """The share of one process of one: every index, in random order unless not `shuffle`."""

    def __init__(self, dataset: Any, *args: Any, shuffle: bool = True, **kwargs: Any) -> None:
        super().__init__(dataset)
        self.shuffle = shuffle

    def __iter__(self) -> Iterator[int]:
        return super().__iter__() if self.shuffle else iter(range(len(self.data_source)))

    def set_epoch(self, epoch: int) -> None:
        """The order is new each time as it is."""


class IterableDataset(Dataset):
    """Base of datasets that are read one sample after the other: `__iter__()`."""

    def __iter__(self) -> Iterator[Any]:
        raise ArgumentError(f"{type(self).__name__} must define __iter__()")


def get_worker_info() -> None:
    """None: everything happens in the main process."""
