"""What kind of file some bytes are, told by how they begin."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

# Prefix → the words that stand in an error message.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1aE\xdf\xa3", "a Matroska video"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
# Names inside a zip file that tell what it is; they stand near its beginning or its end.
_ZIPPED: tuple[tuple[bytes, str], ...] = (
    (b"word/", "a Word document (DOCX)"),
    (b"ppt/", "a PowerPoint file (PPTX)"),
    (b"xl/", "an Excel file (XLSX)"),
    (b"application/epub+zip", "an EPUB book"),
    (b"application/vnd.oasis.opendocument", "an OpenDocument file"),
)
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "a rich-text file (RTF)"),
    (b"%!PS", "a PostScript file"),
)
_ZIP_WINDOW = 65_536


def binary_kind(data: bytes) -> str | None:
    """What `data` is when it is a known binary format, as words for a message ("a PDF"); None otherwise."""
    # Some writers put a byte-order mark or blank lines before "%PDF-".
    if b"%PDF-" in data[:32] and not data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "a PDF"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        window = data[:_ZIP_WINDOW] + data[-_ZIP_WINDOW:]
        return next((kind for name, kind in _ZIPPED if name in window), "a zip archive")
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return {b"WEBP": "a WebP image", b"WAVE": "a WAV recording"}.get(data[8:12], "an AVI video")
    if data[4:8] == b"ftyp":
        return "an HEIC image" if data[8:12] in (b"heic", b"heix", b"mif1", b"avif") else "an MP4 video or recording"
    return next((kind for prefix, kind in _SIGNATURES if data.startswith(prefix)), None)


def unsupported_kind(data: bytes) -> str | None:
    """What `data` is when it is text in a language that no reader knows; None otherwise."""
    start = data[:64].lstrip()
    return next((kind for prefix, kind in _MARKUP if start.startswith(prefix)), None)
