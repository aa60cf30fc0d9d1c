"""zuko's NSF on the rows that scripts/tabular.lua was trained on: the same network, the same processor time.

    python3 scripts/bench/peers/tabular.py export breast_cancer breast_cancer.npy      # a data set that scikit-learn ships
    luaflow run scripts/tabular.lua --data breast_cancer.npy --seconds 20 --save rows.npz
    python3 scripts/bench/peers/tabular.py train rows.npz --seconds 20

Prints the mean of -log p over the test rows with its standard error, and the mean of the paired differences to LuaFlow's.
Both stop when the validation rows have not become better for some epochs, and keep the best weights.
"""

import argparse
import copy
import time

import numpy


def export(name, path):
    from sklearn import datasets
    rows = getattr(datasets, "load_" + name)().data
    numpy.save(path, rows.astype(numpy.float64))
    print(f"{path}: {rows.shape[0]} rows, {rows.shape[1]} columns")


def train(options):
    import torch
    import zuko
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    data = {name: torch.from_numpy(array) for name, array in numpy.load(options.rows).items()}
    rows, validation, test = data["train"].float(), data["validation"].float(), data["test"].float()
    flow = zuko.flows.NSF(
        features=rows.shape[1], transforms=options.transforms, hidden_features=(options.hidden, options.hidden),
        bins=options.bins)
    optimizer = torch.optim.AdamW(flow.parameters(), lr=options.lr, weight_decay=options.weight_decay)
    start, steps, best, best_weights, waited = time.process_time(), 0, float("inf"), None, 0
    batch = min(options.batch, len(rows))
    ended = "steps"
    while ended == "steps" and steps < options.steps:
        for places in torch.randperm(len(rows)).split(batch):
            optimizer.zero_grad()
            loss = -flow().log_prob(rows[places]).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), 10)
            optimizer.step()
            steps += 1
            if options.seconds and time.process_time() - start > options.seconds:
                ended = "time"
                break
            if steps == options.steps:
                break
        with torch.no_grad():
            value = -flow().log_prob(validation).mean().item()
        if value < best:
            best, best_weights, waited = value, copy.deepcopy(flow.state_dict()), 0
        else:
            waited += 1
            if waited >= options.patience:
                ended = "patience"
    flow.load_state_dict(best_weights)
    seconds = time.process_time() - start
    with torch.no_grad():
        nats = -flow().log_prob(test).double()
    root = len(nats) ** 0.5
    print(f"zuko      {nats.mean():9.4f} nats, s.e. {nats.std() / root:.4f}; {steps} steps, {seconds:.1f} s of "
          f"processor time, ended by {ended}")
    ours = -data["log_prob"].double()
    difference = ours - nats
    print(f"LuaFlow   {ours.mean():9.4f} nats, s.e. {ours.std() / root:.4f}")
    print(f"LuaFlow - zuko {difference.mean():.4f} nats, s.e. {difference.std() / root:.4f}, of the same rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    exporting = commands.add_parser("export")
    exporting.add_argument("name", choices=["breast_cancer", "wine", "diabetes", "digits", "iris"])
    exporting.add_argument("path")
    training = commands.add_parser("train")
    training.add_argument("rows")
    for name, default in [("transforms", 2), ("hidden", 64), ("bins", 8), ("steps", 3000), ("batch", 64),
                          ("patience", 15), ("seed", 0), ("threads", 1)]:
        training.add_argument("--" + name, type=int, default=default)
    for name, default in [("seconds", 0.0), ("lr", 2e-3), ("weight-decay", 0.1)]:
        training.add_argument("--" + name, type=float, default=default)
    options = parser.parse_args()
    if options.command == "export":
        export(options.name, options.path)
    else:
        train(options)


if __name__ == "__main__":
    main()
