"""Comparing what was heard with what was sent, inside the machine of scripts/vm."""

import pathlib
import struct
import wave

import numpy


def raw(path: pathlib.Path) -> numpy.ndarray:
    """S16LE, one channel."""
    data = path.read_bytes()
    return numpy.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(float)


def wav(path: pathlib.Path) -> tuple[numpy.ndarray, int]:
    """The first channel, and the rate, of S16LE. While a file is being written, its header does not tell its size."""
    data = path.read_bytes()
    channels, rate = struct.unpack_from("<HI", data, 22)
    samples = numpy.frombuffer(data[44 : 44 + (len(data) - 44) // (2 * channels) * 2 * channels], "<i2")
    return samples[::channels].astype(float), rate


def write_stereo(path: pathlib.Path, samples: numpy.ndarray, rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(numpy.repeat(numpy.clip(samples, -32768, 32767).astype("<i2"), 2).tobytes())


def at_rate(samples: numpy.ndarray, rate: int, new: int) -> numpy.ndarray:
    """Ideally resampled."""
    length = len(samples) * new // rate
    spectrum = numpy.fft.rfft(samples)
    resized = numpy.zeros(length // 2 + 1, complex)
    kept = min(len(spectrum), len(resized))
    resized[:kept] = spectrum[:kept]
    return numpy.fft.irfft(resized, length) * new / rate


def sounding_ms(samples: numpy.ndarray, rate: int) -> int:
    """For how long there is a tone, in pieces of 5 ms."""
    piece = rate // 200
    pieces = numpy.abs(samples[: len(samples) // piece * piece]).reshape(-1, piece)
    return 5 * int(numpy.count_nonzero(pieces.max(axis=1) > 1000))


def similarity(heard: numpy.ndarray, heard_rate: int, sent: numpy.ndarray, sent_rate: int) -> float:
    """Normalised correlation at the place where they are most alike: 1 is the same, 0 nothing alike. At 48 kHz: a
    converter's delay is a whole number of samples only there."""
    heard, sent = at_rate(heard, heard_rate, 48000), at_rate(sent, sent_rate, 48000)
    heard = numpy.concatenate((heard, numpy.zeros(4800)))  # the last of it may be still on its way to the file
    if len(heard) < len(sent) or not sent.any():
        return 0.0
    size = 1 << (len(heard) + len(sent)).bit_length()
    products = numpy.fft.irfft(numpy.fft.rfft(heard, size) * numpy.conj(numpy.fft.rfft(sent, size)), size)
    sums = numpy.concatenate(([0.0], numpy.cumsum(heard**2)))
    energies = sums[len(sent):] - sums[: len(sums) - len(sent)]
    # Where nothing is heard, rounding would look like something.
    quiet = energies < 1e-3 * numpy.sum(sent**2)
    energies[quiet] = numpy.inf
    return float(numpy.max(products[: len(energies)] / numpy.sqrt(energies * numpy.sum(sent**2))))
