"""Train one model in several processes, each on a GPU, or all on the CPU:

accelerate launch --multi_gpu --num_processes 2 several_processes.py
"""

import torch.distributed
from sklearn.datasets import load_digits

from skvaal import VAALQueryStrategy

X, _ = load_digits(return_X_y=True)
images = (X / 16).astype("float32").reshape(-1, 1, 8, 8)

# Every process has all samples, and takes its share of each batch of 64.
strategy = VAALQueryStrategy(
    rule="topk", batch_size=64, max_epochs=3, engine__distributed=True, random_state=0
)
strategy.fit_pools(images[:100], images[100:])
processes = strategy.net_.processes
if processes.is_main:
    print("processes:", processes.count)
    for epoch in strategy.history_:
        print(f"epoch {epoch['epoch']}: {epoch['vae_loss']:.4f} {epoch['discriminator_loss']:.4f}")
    print("label next:", sorted(strategy.query(images[100:], n=10).tolist()))
if torch.distributed.is_initialized():  # no process leaves before the others are done
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
