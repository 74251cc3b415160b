"""One clip of audio of a log: its encoded bytes, its samples on request."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec.reader.tensor import to_ndarray

if TYPE_CHECKING:
    from eventcodec.proto import Summary

__all__ = ["Audio", "from_value"]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


@dataclass(frozen=True)
class Audio:
    """A clip as it was logged.

    Attributes:
        step: the step it was logged at.
        wall_time: when, in seconds since 1970.
        sample_rate: in Hz; 0 where neither the event nor a WAV header says it.
        channels: number of channels; 0 likewise.
        frames: number of samples of one channel; 0 likewise.
        encoded: the encoded clip as it stands in the file, WAV in practice.
        content_type: its MIME type, "audio/wav" in practice.
    """

    step: int
    wall_time: float
    sample_rate: float
    channels: int
    frames: int
    encoded: bytes = field(repr=False)
    content_type: str

    def to_array(self) -> NDArray[np.float32]:
        """Decode the samples of a WAV clip.

        Returns:
            float32[frames, channels], in -1..1 for integer samples.

        Raises:
            ValueError: the bytes are no WAV of 8, 16, 24 or 32-bit integers or of floats.

        Source: Microsoft's "Multiple channel audio data and WAVE files".

        Example:
            >>> import eventcodec
            >>> run = eventcodec.open("runs")["."]  # doctest: +SKIP
            >>> run.audio["voice"][0].to_array().shape  # doctest: +SKIP
            (44100, 1)
        """
        wav = parse_wav(self.encoded)
        if wav is None:
            raise ValueError(
                f"the {self.content_type or 'audio'} of step {self.step} is no WAV that can be "
                "decoded here; its bytes are in .encoded"
            )
        samples = _samples(wav)
        whole = len(samples) // wav.channels * wav.channels
        return samples[:whole].reshape(-1, wav.channels)


class Wav(NamedTuple):
    """What the header of a WAV file says, and the bytes of its samples."""

    code: int
    channels: int
    sample_rate: int
    bits: int
    data: memoryview

    @property
    def frames(self) -> int:
        """Number of samples of one channel."""
        return len(self.data) // (self.channels * self.bits // 8)


def parse_wav(encoded: bytes) -> Wav | None:
    """Find format and samples; None when that is not a WAV file whose samples can be read.

    A length beyond the end of the bytes, as streaming encoders write it, means up to the end.
    """
    if encoded[:4] != b"RIFF" or encoded[8:12] != b"WAVE":
        return None
    layout: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(encoded):
        name, size = struct.unpack_from("<4sI", encoded, at)
        body = memoryview(encoded)[at + 8 : at + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
            if code == _EXTENSIBLE and len(body) >= 26:
                (code,) = struct.unpack_from("<H", body, 24)
            layout = (code, channels, rate, bits)
        elif name == b"data":
            known = layout is not None and layout[1] > 0 and _is_known(layout[0], layout[3])
            return Wav(*layout, body) if layout is not None and known else None
        at += 8 + size + size % 2
    return None


def _is_known(code: int, bits: int) -> bool:
    return (code == _PCM and bits in (8, 16, 24, 32)) or (code == _FLOAT and bits in (32, 64))


def _samples(wav: Wav) -> NDArray[np.float32]:
    size = wav.bits // 8
    data = wav.data[: len(wav.data) // size * size]
    if wav.code == _FLOAT:
        return np.frombuffer(data, f"<f{size}").astype(np.float32)
    if size == 1:  # the one unsigned form
        return (np.frombuffer(data, np.uint8) / 128.0 - 1.0).astype(np.float32)
    if size == 3:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        samples = wide.view("<i4")[:, 0] / 2.0**31
    else:
        samples = np.frombuffer(data, f"<i{size}") / 2.0 ** (wav.bits - 1)
    return samples.astype(np.float32)


def from_value(value: Summary.Value, step: int, wall_time: float) -> list[Audio]:
    """Return the clips of a value, in the form of TensorFlow 1 or 2.

    Raises:
        ValueError: it is no audio.
    """
    if value.HasField("audio"):
        clip = value.audio
        return [
            Audio(
                step,
                wall_time,
                clip.sample_rate,
                clip.num_channels,
                clip.length_frames,
                clip.encoded_audio_string,
                clip.content_type,
            )
        ]
    strings = to_ndarray(value.tensor)
    clips = strings[:, 0] if strings.ndim == 2 else strings.reshape(-1)
    return [_from_encoded(encoded, step, wall_time) for encoded in clips]


def _from_encoded(encoded: object, step: int, wall_time: float) -> Audio:
    if not isinstance(encoded, bytes):
        raise ValueError(f"a clip must be a string, got {encoded!r}")
    wav = parse_wav(encoded)
    if wav is None:
        return Audio(step, wall_time, 0.0, 0, 0, encoded, "")
    return Audio(
        step, wall_time, float(wav.sample_rate), wav.channels, wav.frames, encoded, "audio/wav"
    )
