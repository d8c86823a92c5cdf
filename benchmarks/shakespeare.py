"""Lab 07's CharGPT trained on Tiny Shakespeare by minigrad and by PyTorch: losses, time, samples.

    pip install -e '.[dev]' torch==2.13.0
    python benchmarks/shakespeare.py           # --text PATH for another; --steps, --seeds
    python benchmarks/shakespeare.py --json benchmarks/shakespeare.json   # what README.md states

The same model, law of initialization, batches, optimizer, warmup and clipping. Each engine draws
its own weights for every seed; one more run gives PyTorch the weights of minigrad's seed 0, so
that the two curves can be laid on top of each other.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn import functional as F

from minigrad import Generator, from_numpy
from minigrad.data.text import Corpus, load_text
from minigrad.lab.progress import progress
from minigrad.models import CharGPT
from minigrad.training.language import train_language_model

LAYERS, DIM, HEADS, CONTEXT = 4, 64, 4, 64
BATCH, LR, WARMUP, CLIP = 16, 3e-3, 50, 1.0
START, LENGTH, TEMPERATURE = "\n", 300, 0.8


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(DIM, 3 * DIM), nn.Linear(DIM, DIM)

    def forward(self, x: Any) -> Any:
        B, T, D = x.shape
        qkv = self.qkv(x).reshape(B, T, 3, HEADS, D // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*qkv, is_causal=True)
        return self.proj(mixed.transpose(1, 2).reshape(B, T, D))


class FeedForward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(DIM, 4 * DIM), nn.Linear(4 * DIM, DIM)

    def forward(self, x: Any) -> Any:
        return self.down(F.gelu(self.up(x)))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attention = nn.RMSNorm(DIM, eps=1e-5), Attention()
        self.norm2, self.ffn = nn.RMSNorm(DIM, eps=1e-5), FeedForward()

    def forward(self, x: Any) -> Any:
        x = x + self.attention(self.norm1(x))
        return x + self.ffn(self.norm2(x))


class TorchGPT(nn.Module):
    """CharGPT in PyTorch, under the same parameter names."""

    def __init__(self, vocab: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, DIM)
        self.position_embedding = nn.Embedding(CONTEXT, DIM)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.head = nn.RMSNorm(DIM, eps=1e-5), nn.Linear(DIM, vocab, bias=False)
        for name, parameter in self.named_parameters():  # as CharGPT's "gpt2"
            into_stream = name.endswith(("proj.weight", "down.weight"))
            if parameter.ndim == 2:
                std = 0.02 / math.sqrt(2 * LAYERS) if into_stream else 0.02
                nn.init.normal_(parameter, std=std)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, ids: Any) -> Any:
        x = self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


Result = tuple[list[float], float, str]  # training losses, validation loss, a sample


def minigrad_model(text: Corpus, seed: int) -> CharGPT:
    size: dict[str, Any] = {"context": CONTEXT, "dim": DIM, "heads": HEADS, "layers": LAYERS}
    return CharGPT(len(text.characters), **size, generator=Generator(seed))


def with_minigrad(text: Corpus, seed: int, steps: int, advance: Any) -> Result:
    model = minigrad_model(text, seed)
    run = train_language_model(
        model,
        text,
        context=CONTEXT,
        steps=steps,
        lr=LR,
        seed=seed,
        batch=BATCH,
        optimizer="adamw",
        warmup=WARMUP,
        clip=CLIP,
        on_step=lambda taken: advance(1, f"minigrad, seed {seed}"),
    )
    start = from_numpy(text.encode(START)[None])
    ids = model.generate(start, LENGTH, temperature=TEMPERATURE, generator=Generator(seed))
    return run.losses, run.final_validation, text.decode(ids.numpy()[0])


def with_torch(
    text: Corpus, seed: int, steps: int, advance: Any, same_weights: bool = False
) -> Result:
    torch.manual_seed(seed)
    model = TorchGPT(len(text.characters))
    if same_weights:
        weights = minigrad_model(text, seed).state_dict()
        model.load_state_dict({k: torch.tensor(v.numpy()) for k, v in weights.items()})
    what = f"PyTorch, seed {seed}" + (", minigrad's weights" if same_weights else "")
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min(1.0, (t + 1) / WARMUP))
    losses = []
    for _, batch in zip(range(steps), text.batches(BATCH, CONTEXT, seed), strict=False):
        loss = torch_loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        advance(1, what)
    with torch.no_grad():
        validation = torch_loss(model, text.validation_batch(CONTEXT)).item()
        ids = torch.tensor(text.encode(START)[None])
        for _ in range(LENGTH):
            p = torch.softmax(model(ids[:, -CONTEXT:])[:, -1] / TEMPERATURE, dim=-1)
            ids = torch.cat([ids, torch.multinomial(p, 1)], dim=1)
    return losses, validation, text.decode(ids[0].numpy())


def torch_loss(model: TorchGPT, batch: Any) -> Any:
    x, y = (torch.tensor(part) for part in batch)
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", default="shakespeare", help="or the path of a UTF-8 file")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the ends, times and samples there")
    s = parser.parse_args()
    torch.set_num_threads(1)
    text = load_text(s.text)
    seeds = range(s.seeds)
    runs: dict[str, list[Result]] = {}
    seconds: dict[str, float] = {}  # of the processor, on one thread
    with threadpool_limits(1), progress((2 * s.seeds + 1) * s.steps, "shakespeare") as advance:
        for engine, train in (("minigrad", with_minigrad), ("PyTorch", with_torch)):
            start = time.process_time()
            runs[engine] = [train(text, seed, s.steps, advance) for seed in seeds]
            seconds[engine] = (time.process_time() - start) / s.seeds
        same = with_torch(text, 0, s.steps, advance, same_weights=True)

    unigram, bigram = text.unigram_loss(), text.bigram_loss()
    print(f"{text.source}, SHA-256 {text.sha256[:12]}…, {s.steps} steps")
    print(f"unigram loss {unigram:.3f}, bigram loss {bigram:.3f}\n")
    print("| validation loss | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean ± std |")
    print("|---" * (s.seeds + 2) + "|")
    for engine, results in runs.items():
        ends = [validation for _, validation, _ in results]
        cells = " | ".join(f"{end:.3f}" for end in ends)
        spread = f" ± {stdev(ends):.3f}" if len(ends) > 1 else ""
        print(f"| {engine} | {cells} | {mean(ends):.3f}{spread} |")
    for engine, each in seconds.items():
        print(f"{engine}: {each:.0f} s of one core for a run, sampling included")
    print(f"\nPyTorch from minigrad's weights of seed 0: {same[1]:.3f}")
    apart = np.abs(np.array(same[0]) - runs["minigrad"][0][0])
    for steps in (10, 50, 100, 200, 500, s.steps):
        if steps <= s.steps:
            print(f"  first {steps} steps: training losses at most {apart[:steps].max():.1e} apart")
    for engine, results in runs.items():
        print(f"\n{engine}, seed 0:\n{results[0][2]}")
    if s.json:
        record = {
            **{"unigram": unigram, "bigram": bigram, "steps": s.steps, "seconds": seconds},
            "ends": {engine: [end for _, end, _ in results] for engine, results in runs.items()},
            **{"same_weights": same[1], "apart": apart.tolist()},
            "samples": {engine: results[0][2] for engine, results in runs.items()},
        }
        s.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
