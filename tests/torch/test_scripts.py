"""Scripts written for PyTorch, run as they are by PyTorch and, with `torch` read as
`minigrad.torch`, by minigrad: the same numbers."""

import re
import runpy

import pytest

import minigrad.torch

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

REGRESSION = """
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_default_dtype(torch.float64)  # so that what is printed does not hang on rounding
torch.manual_seed(0)
torch.cuda.manual_seed_all(0)
rng = np.random.default_rng(0)
x = torch.from_numpy(rng.normal(size=(50, 4)))
y = torch.sin(x.sum(1, keepdim=True)).to(device)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({"up": nn.Linear(4, 16, bias=False), "down": nn.Linear(16, 1)})
        self.norm = nn.BatchNorm1d(16)

    def forward(self, x):
        return self.layers.down(F.relu(self.norm(self.layers["up"](x))))


model = Net().to(device)
with torch.no_grad():
    for i, p in enumerate(model.parameters()):
        p.copy_(torch.tensor(np.random.default_rng(i).normal(size=p.shape) * 0.3, device=device))
loader = DataLoader(TensorDataset(x, y), batch_size=16, num_workers=0, drop_last=False)
optimizer = optim.AdamW(model.parameters(), lr=0.01, fused=False)
schedule = optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
for epoch in range(6):
    for a, b in loader:
        a, b = a.to(device), b.to(device, torch.float64)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.SmoothL1Loss()(model(a), b)
        loss.backward()
        optimizer.step()
    schedule.step()
    print(f"{loss.item():.6f}", schedule.get_last_lr()[0], len(loader), a.device, a.is_cuda)
torch.save({"model": model.state_dict(), "epoch": epoch}, PATH)
loaded = torch.load(PATH, map_location=device, weights_only=True)
model.load_state_dict(loaded["model"])
model.eval()
with torch.inference_mode():
    print(loaded["epoch"], f"{model(x.cpu()).sum().item():.5f}")
one, other = random_split(TensorDataset(x), [30, 20])
print(len(one), len(other), torch.FloatTensor([1, 2]).dtype == torch.float32, torch.is_tensor(x))
print(torch.LongTensor([1, 2]).dtype == torch.int64, torch.FloatTensor(2, 3).shape == (2, 3))
print(torch.zeros(2, device=device).tolist(), torch.arange(3, device=x.device).tolist(), device)
print(x.to(torch.zeros(1, dtype=torch.float32)).dtype == torch.float32, repr(device))
"""

LOADER = """
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split


class Rows(Dataset):
    def __len__(self):
        return 7

    def __getitem__(self, i):
        return {"x": torch.ones(2) * i, "n": i, "s": str(i), "p": (np.float32(i), [i / 2, i + 1])}


for batch in DataLoader(Rows(), batch_size=3):
    print(batch["x"].tolist(), batch["n"].tolist(), batch["s"], batch["p"][0].tolist())
    print(batch["p"][1][0].tolist(), batch["p"][1][0].dtype == torch.float64, len(batch["p"][1]))
print(len(DataLoader(Rows(), 3)), len(DataLoader(Rows(), 3, drop_last=True)))
print([b["n"].tolist() for b in DataLoader(Rows(), 3, drop_last=True)])
print([b["n"].tolist() for b in DataLoader(Rows(), 2, sampler=[3, 1, 2])])
shuffled = DataLoader(Rows(), batch_size=7, shuffle=True)
print(sorted(next(iter(shuffled))["n"].tolist()), Subset(Rows(), [5, 2])[1]["n"])
print([len(part) for part in random_split(range(11), [0.5, 0.3, 0.2])])
print(sorted(i for part in random_split(range(11), [4, 7]) for i in part))
print(DataLoader(Rows(), 2, collate_fn=len).collate_fn([1, 2, 3]))
x, y = TensorDataset(torch.arange(4), torch.zeros(4))[1:3]
print(x.tolist(), y.tolist())
for wrong in (lambda: random_split(range(5), [1, 2]), lambda: DataLoader(Rows(), 0)):
    try:
        wrong()
    except ValueError:
        print("ValueError")
"""


GPT = """
import math
import numpy as np
import torch
import torch.distributed as dist
import torch.nn as nn
import torch._inductor.config as config
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import RandomSampler
from torch.utils.data.dataloader import DataLoader

torch.set_default_dtype(torch.float64)
config.coordinate_descent_tuning = True


class Block(nn.Module):
    def __init__(self, d, heads, kv_heads):
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        self.qkv = nn.Linear(d, d + 2 * kv_heads * (d // heads), bias=False, device="cpu")
        self.proj = nn.Linear(d, d, bias=False)
        self.norm = nn.LayerNorm(d, device="cpu")
        angle = torch.outer(torch.arange(8).double(), 0.5 ** torch.arange(d // heads // 2))
        self.rope = torch.polar(torch.ones_like(angle), angle)

    def turn(self, x):  # (B, T, h, c)
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
        rope = self.rope[: x.size(1)].view(1, x.size(1), 1, -1)
        return torch.view_as_real(pairs * rope).flatten(3)

    def forward(self, x):
        B, T, C = x.size()
        c, h, k = C // self.heads, self.heads, self.kv_heads
        q, key, v = self.qkv(self.norm(x)).split([C, k * c, k * c], dim=-1)
        q, key = self.turn(q.view(B, T, h, c)), self.turn(key.view(B, T, k, c))
        v = v.view(B, T, k, c)
        q, key, v = (t.transpose(1, 2) for t in (q, key, v))
        y = F.scaled_dot_product_attention(q, key, v, is_causal=True, enable_gqa=True)
        return x + self.proj(y.transpose(1, 2).contiguous().view(B, T, C))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        blocks = nn.ModuleList([Block(12, 6, 2), Block(12, 6, 2)])
        self.transformer = nn.ModuleDict(dict(wte=nn.Embedding(16, 12, device="cpu"), h=blocks))
        self.head = nn.Linear(12, 16, bias=False)
        self.transformer.wte.weight = self.head.weight

    def forward(self, idx, targets=None):
        x = self.transformer.wte(idx)
        for block in self.transformer.h:
            x = block(x)
        logits = self.head(x)
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))
        return logits, loss


model = GPT()
with torch.no_grad():
    for i, p in enumerate(model.parameters()):
        p.copy_(torch.tensor(np.random.default_rng(i).normal(size=p.shape) * 0.3))
decay = [p for p in model.parameters() if p.dim() >= 2]
rest = [p for p in model.parameters() if p.dim() < 2]
optimizer = torch.optim.AdamW(
    [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}],
    lr=1e-2, betas=(0.9, 0.95), fused=False,
)
text = np.random.default_rng(9).integers(0, 16, 200).astype(np.uint16)
text = torch.from_numpy(text.astype(np.int64))
print(dist.is_initialized(), sum(p.numel() for p in model.parameters()))
for step in range(8):
    x = torch.stack([text[8 * i + step : 8 * i + step + 8] for i in range(4)])
    x = x.to("cpu", non_blocking=True)
    y = torch.roll(x, -1, 1)
    for group in optimizer.param_groups:
        group["lr"] = 1e-2 * 0.5 * (1 + math.cos(math.pi * step / 8))
    logits, loss = model(x, y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(f"step {step} | loss {loss.item():.8f} | norm {norm.item():.6f}")
model.eval()
idx = torch.zeros((1, 1), dtype=torch.long)
for _ in range(6):
    with torch.inference_mode():
        logits = model(idx[:, -8:])[0][:, -1, :] / 0.8
        top, _ = torch.topk(logits, 5)
        logits[logits < top[:, [-1]]] = -float("inf")
        idx = torch.cat((idx, F.softmax(logits, dim=-1).argmax(-1, keepdim=True)), dim=1)
print(idx.tolist())
endless = RandomSampler(text, replacement=True, num_samples=int(1e10))
batch = next(iter(DataLoader([0, 1, 2] * 70, sampler=endless, batch_size=4)))
print(batch.shape == (4,), len(endless))
"""


@pytest.mark.parametrize("script", [REGRESSION, LOADER, GPT], ids=["regression", "loader", "gpt"])
def test_a_script_prints_the_same_in_both(script, tmp_path, capsys):
    import torch

    printed = []
    ours = re.sub(r"^import torch$", "import minigrad.torch as torch", script, flags=re.MULTILINE)
    ours = re.sub(r"^(import|from) torch\b", r"\1 minigrad.torch", ours, flags=re.MULTILINE)
    for name, text in (("theirs", script), ("ours", ours)):
        path = tmp_path / f"{name}.py"
        path.write_text(text.replace("PATH", repr(f"{path}.pt")), encoding="utf-8")
        try:
            runpy.run_path(str(path), run_name="__main__")
        finally:
            for library in (torch, minigrad.torch):  # of the whole process, as its seed is
                library.set_default_dtype(library.float32)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] and printed[0].count("\n") > 8
