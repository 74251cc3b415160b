"""Sound to Summary bytes: a WAV file of 16-bit samples."""

from __future__ import annotations

import io
import operator
import wave
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array

__all__ = ["audio_summary", "encode_wav"]

_LARGEST = 32767


def audio_summary(
    tag: str, sound: object, *, sample_rate: int = 44100, tensorboardx_form: bool = False
) -> bytes:
    """Encode a sound.

    Args:
        tag: name of the series.
        sound: samples from -1 to 1, (L,), (1, L) or (L, 1), or two channels as (L, 2) or (2, L).
            What is beyond is clipped; NaN is 0. int16 is stored as it is.
        sample_rate: samples in a second, at least 1.
        tensorboardx_form: 16-bit samples are floor(32768 x), as soundfile makes them for
            tensorboardX; else 32767 x without its fraction, as torch does.

    Returns:
        A serialized Summary with an audio value: PCM, 16 bits.

    Raises:
        TypeError: `sound` is no array of numbers, or `sample_rate` no integer.
        ValueError: the shape is another one, or there are no samples.

    Source: torch/utils/tensorboard/summary.py, audio().

    Example:
        >>> audio_summary("beep", np.zeros(100), sample_rate=8000)[-9:]
        b'audio/wav'
    """
    from eventcodec.proto import Summary

    rate = operator.index(sample_rate)
    if not 1 <= rate < 1 << 32:
        raise ValueError(f"sample_rate must be at least 1, got {sample_rate!r}")
    frames = _frames(as_array(sound, argument="sound"), tensorboardx_form=tensorboardx_form)
    summary = Summary()
    audio = summary.value.add(tag=tag).audio
    audio.sample_rate = rate
    audio.num_channels = frames.shape[1]
    audio.length_frames = frames.shape[0]
    audio.encoded_audio_string = encode_wav(frames, rate)
    audio.content_type = "audio/wav"
    return summary.SerializeToString()


def encode_wav(frames: NDArray[np.int16], sample_rate: int) -> bytes:
    """Encode samples as a WAV file.

    Args:
        frames: int16 (frames, channels).
        sample_rate: frames in a second.

    Example:
        >>> encode_wav(np.zeros((1, 1), np.int16), 8000)[:4]
        b'RIFF'
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(frames.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes(frames.astype("<i2").tobytes())
    return file.getvalue()


def _frames(sound: NDArray[Any], *, tensorboardx_form: bool) -> NDArray[np.int16]:
    """Return int16 (frames, channels)."""
    squeezed = sound.squeeze()
    if squeezed.ndim == 0:
        squeezed = squeezed[np.newaxis]
    if squeezed.ndim == 1:
        squeezed = squeezed[:, np.newaxis]
    elif squeezed.ndim == 2 and squeezed.shape[1] != 2 and squeezed.shape[0] == 2:
        squeezed = squeezed.T
    if squeezed.ndim != 2 or squeezed.shape[1] > 2 or squeezed.size == 0:
        raise ValueError(
            f"a sound must be (L,) samples or two channels of them, (L, 2) or (2, L), got "
            f"{sound.shape}"
        )
    if squeezed.dtype == np.int16:
        return squeezed
    clipped = np.nan_to_num(squeezed, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1, 1)
    if tensorboardx_form:
        scaled = np.floor(clipped * (_LARGEST + 1)).clip(-_LARGEST - 1, _LARGEST)
    else:
        scaled = clipped * _LARGEST
    samples: NDArray[np.int16] = scaled.astype(np.int16)
    return samples
