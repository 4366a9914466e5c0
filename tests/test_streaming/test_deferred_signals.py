"""Signals kept back while something is started."""

import signal
import threading

import pytest

from streaming.deferred_signals import defer_signals


def test_ctrl_c_comes_after_the_block():
    done = []

    def start():
        with defer_signals():
            signal.raise_signal(signal.SIGINT)
            done.append("started")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert done == ["started"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_handlers_are_as_they_were(number):
    got = []
    before = signal.signal(number, lambda number, _: got.append(number))
    try:
        with defer_signals():
            signal.raise_signal(number)
            assert not got
        assert got == [number]
        signal.raise_signal(number)
        assert got == [number, number]
    finally:
        signal.signal(number, before)


def test_an_error_in_the_block_keeps_the_handlers():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="broken"), defer_signals():
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_is_left_alone():
    seen = []

    def start():
        with defer_signals():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
