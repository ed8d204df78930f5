"""The workers of a cluster train the same bits, even when one is killed in the middle."""

from __future__ import annotations

import os
import signal
import warnings

import numpy as np

from reglab import fit
from reglab.datasets import load
from reglab.engine.run import ARRAYS
from reglab.settings import Settings, Training

SETTINGS = [Settings(), Settings(dropout=0.3), Settings(weight_decay=1, patience=3)]
OPTIONS = {"training": Training(hidden_sizes=(16,), max_steps=1500, eval_steps=5), "n_train": 40, "seeds": 8}


def test_a_cluster_trains_the_same_bits_and_a_killed_worker_costs_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, of ports and of what is deprecated
        from distributed import Client, LocalCluster

        killed = []

        def kill(share, _):
            if share and not killed:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        with (
            LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            run = fit(load("wine"), SETTINGS, **OPTIONS, executor=client.get_executor(), workers=2, progress=kill)
    assert killed
    alone = fit(load("wine"), SETTINGS, **OPTIONS)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(run, name), getattr(alone, name), err_msg=name)
