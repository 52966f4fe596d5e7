"""What every block of the library shares: a folder of templates, one for each destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from content.blocks.rendering import Destination

if TYPE_CHECKING:
    from collections.abc import Mapping


class ThreeDestinations:
    """Mixin for a block class: its templates are `blocks/<folder>/{web.html,mail.mjml,text.txt}`.

    `folder` is a class attribute, the name of the block's folder under `templates/blocks/`.
    """

    folder: str

    def get_template(self, value: Any = None, context: Mapping[str, Any] | None = None) -> str:
        """Return the template for the destination named in `context`; the web page when none is named."""
        del value
        destination = (context or {}).get("destination", Destination.WEB)
        return f"blocks/{self.folder}/{destination}"
