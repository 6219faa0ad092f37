"""One training by several processes, on a GPU each or, where there is none, on processors:

accelerate launch --multi_gpu --num_processes 2 several_processes.py
"""

from sklearn.datasets import load_digits

from skvaal import VAALQueryStrategy

X, _ = load_digits(return_X_y=True)
images = (X / 16).astype("float32").reshape(-1, 1, 8, 8)

# Every process has all the samples, and takes its share of each batch of 64.
strategy = VAALQueryStrategy(
    selection="topk", batch_size=64, max_epochs=3, distributed=True, random_state=0
)
strategy.fit_pools(images[:100], images[100:])
accelerator = strategy.net_.accelerator
if accelerator.is_main_process:
    print("processes:", accelerator.num_processes)
    for epoch in strategy.history_:
        print(f"epoch {epoch['epoch']}: {epoch['vae_loss']:.4f} {epoch['discriminator_loss']:.4f}")
    print("label next:", sorted(strategy.query(images[100:], n=10).tolist()))
