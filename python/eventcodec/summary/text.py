"""Texts to Summary bytes."""

from __future__ import annotations

from eventcodec import _native

__all__ = ["text_summary"]


def text_summary(tag: str, text: str) -> bytes:
    """Encode a text, shown by TensorBoard as Markdown.

    Args:
        tag: name of the series; stored as "<tag>/text_summary", as torch and tensorboardX do.
        text: the text, any length below 2 GiB.

    Returns:
        A serialized Summary with one value: a string tensor of shape [1], plugin "text".

    Raises:
        TypeError: `text` is no str.
        UnicodeEncodeError: `text` holds lone surrogates.

    Source: torch/utils/tensorboard/summary.py, text().

    Example:
        >>> text_summary("note", "hello")[:8]
        b'\\n.\\n\\x11note'
    """
    if not isinstance(text, str):
        raise TypeError(f"text_string must be a str, got {text!r}; use str(...) or repr(...)?")
    return _native.text_summary(tag, text)
