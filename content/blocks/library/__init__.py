"""The block library: one module a family of blocks; `BodyStreamBlock` is what a page's body may hold."""

from content.blocks.library.body import BodyStreamBlock

__all__ = ["BodyStreamBlock"]
