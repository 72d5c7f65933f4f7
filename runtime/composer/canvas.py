"""Drawing one picture of all parties: tiles, names, the time, and what is missing."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from runtime.composer.plan import HEADER, HEIGHT, WIDTH, Tile

_BACKGROUND, _EMPTY = (15, 18, 24), (30, 34, 42)
_BAND, _TEXT, _SOFT = (0, 0, 0, 150), (255, 255, 255), (150, 157, 170)
_TEXT_PX, _PADDING = 18, 7
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
"""Those that know Chinese come first; without any, Pillow's own, which knows Latin letters."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=1)
def font() -> Font:
    """The first of _FONTS that this host has."""
    found = next((path for path in _FONTS if Path(path).is_file()), None)
    if found is None:
        return ImageFont.load_default(_TEXT_PX)
    return ImageFont.truetype(found, _TEXT_PX)


class Canvas:
    """One picture that is drawn over again and again; only what has changed is drawn."""

    def __init__(
        self, tiles: tuple[Tile, ...], labels: tuple[str, ...], heading: str, zone: str
    ) -> None:
        self.image = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
        self._tiles = tiles
        self._labels = [_band(label, tile.width) for label, tile in zip(labels, tiles, strict=True)]
        self._heading = heading
        self._zone = ZoneInfo(zone)
        self._told_s = -1
        for number in range(len(tiles)):
            self.show(number, None)

    def show(self, number: int, picture: Image.Image | None) -> None:
        """A party's picture, whole, in the middle of its tile; None where there is none."""
        tile = self._tiles[number]
        face = Image.new("RGB", (tile.width, tile.height), _EMPTY)
        if picture is not None:
            left, top = (tile.width - picture.width) // 2, (tile.height - picture.height) // 2
            face.paste(picture, (left, top))
        band = self._labels[number]
        face.paste(band, (0, tile.height - band.height), band)
        self.image.paste(face, (tile.x, tile.y))

    def tell(self, at_ms: float) -> None:
        """Burn in the moment; a new second is drawn once."""
        if self._told_s == int(at_ms // 1000):
            return
        self._told_s = int(at_ms // 1000)
        moment = datetime.fromtimestamp(self._told_s, self._zone)
        draw = ImageDraw.Draw(self.image)
        draw.rectangle((0, 0, WIDTH, HEADER - 1), fill=_BACKGROUND)
        draw.text((_PADDING, _PADDING), self._heading, font=font(), fill=_SOFT)
        time = f"{moment:%Y-%m-%d  %H:%M:%S}  UTC{moment:%z}"
        left = WIDTH - _PADDING - font().getlength(time)
        draw.text((left, _PADDING), time, font=font(), fill=_TEXT)


def fitting(tile: Tile, width: int, height: int) -> tuple[int, int]:
    """The largest even size of that shape within the tile."""
    scale = min(tile.width / width, tile.height / height)
    return max(2, int(width * scale) & ~1), max(2, int(height * scale) & ~1)


def _band(text: str, most: int) -> Image.Image:
    """A line of text on a dark band, cut to the width there is."""
    letters = font()
    whole = text
    while text and letters.getlength(text) > most - 2 * _PADDING:
        whole = whole[:-1].rstrip()
        text = f"{whole}…" if whole else ""
    width = int(letters.getlength(text)) + 2 * _PADDING if text else 1
    band = Image.new("RGBA", (width, _TEXT_PX + 2 * _PADDING), _BAND)
    ImageDraw.Draw(band).text((_PADDING, _PADDING - 3), text, font=letters, fill=_TEXT)
    return band
