import math

import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad import optim
from minigrad.data.text import Corpus, corpus_of
from minigrad.errors import ArgumentError
from minigrad.models import CharGPT
from minigrad.training.language import evaluate, trace, train_language_model


@pytest.fixture(scope="module")
def text() -> Corpus:
    return corpus_of("the quick brown fox jumps over the lazy dog. " * 60, "foxes")


def model(seed: int = 0, law: str = "default", **options: object) -> CharGPT:
    made = CharGPT(28, context=8, dim=16, heads=2, layers=2, ffn="relu", **options)  # type: ignore[arg-type]
    made.init_weights(law, generator=minigrad.Generator(seed))  # type: ignore[arg-type]
    return made


def fit(made: CharGPT, text: Corpus, **options: object):  # type: ignore[no-untyped-def]
    options = {"context": 8, "steps": 10, "lr": 3e-3, "seed": 0, **options}
    return train_language_model(made, text, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_and_records_every_step(text: Corpus, seed: int) -> None:
    seen: list[int] = []
    run = fit(
        model(seed),
        text,
        steps=120,
        lr=1e-2,
        seed=seed,
        evaluate_every=50,
        on_step=seen.append,
    )
    assert len(run.losses) == len(run.grad_norms) == 120 and seen == list(range(1, 121))
    assert run.losses[0] == pytest.approx(math.log(28), abs=0.3)
    assert [step for step, _ in run.validation] == [50, 100, 120]
    assert run.final_validation < 1.0 < text.unigram_loss()
    assert run.diverged_at is None and run.anomaly is None and run.step_ms > 0
    assert run.parameters == sum(p.numel() for p in model().parameters())


def test_the_same_seed_repeats_bit_for_bit_and_the_batches_are_the_models_own(
    text: Corpus,
) -> None:
    first, again, other = (fit(model(), text, seed=s).losses for s in (1, 1, 2))
    assert first == again != other
    x, y = next(text.batches(8, 8, seed=1))
    assert first[0] == evaluate(model(), (x, y), rows=8)


def test_the_rate_warms_up_linearly_and_then_stays(
    text: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    step = optim.SGD.step

    def spy(self: optim.SGD) -> None:
        rates.append(self.param_groups[0]["lr"])
        step(self)

    monkeypatch.setattr(optim.SGD, "step", spy)
    fit(model(), text, steps=6, lr=0.4, warmup=4, optimizer="sgd")
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    rates.clear()
    fit(model(), text, steps=2, lr=0.4, optimizer="sgd")
    assert rates == [0.4, 0.4]


def test_clipping_bounds_the_step(text: Corpus) -> None:
    made = model()
    before = [p.array.copy() for p in made.parameters()]
    run = fit(made, text, steps=1, lr=1.0, optimizer="sgd", clip=0.01)
    moved = sum(((p.array - b) ** 2).sum() for p, b in zip(made.parameters(), before, strict=True))
    assert math.sqrt(moved) == pytest.approx(0.01, rel=1e-3)
    assert run.grad_norms[0] > 0.1  # recorded as it was before clipping


def test_evaluation_takes_the_mean_over_all_rows(text: Corpus) -> None:
    made = model()
    x, y = text.validation_batch(8)
    logits = made(minigrad.tensor(x))
    whole = F.cross_entropy(logits.reshape(-1, 28), minigrad.tensor(y.reshape(-1))).item()
    assert evaluate(made, (x, y), rows=7) == pytest.approx(whole, rel=1e-5)


def test_a_run_that_dies_stops_there_and_names_the_operation(text: Corpus) -> None:
    made = model(norm=None)
    run = fit(made, text, steps=50, lr=1e6, optimizer="sgd")
    assert run.diverged_at is not None and run.diverged_at < 10
    assert len(run.losses) == run.diverged_at + 1
    assert not math.isfinite(run.losses[-1])
    assert math.isnan(run.final_validation)
    assert run.anomaly is not None and "the first non-finite value" in run.anomaly


def test_a_healthy_step_has_nothing_to_trace(text: Corpus) -> None:
    x, y = map(minigrad.tensor, next(text.batches(2, 8, seed=0)))
    assert trace(model(), x, y) is None


def test_an_unknown_optimizer_is_named(text: Corpus) -> None:
    with pytest.raises(ArgumentError, match="one of adam, adamw, sgd, got 'lion'"):
        fit(model(), text, optimizer="lion")
