"""The local estimate: near the real tokenizers on ordinary text, harmless on any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.collect.measure import CLAUDE2_WEIGHTS, FEATURES, O200K_WEIGHTS, SAMPLED_ABOVE, features, measure

# Counted once with the real tokenizers: Claude 2's (anthropic 0.38.0) and o200k (rs-bpe 0.1.0).
KNOWN = [
    pytest.param(
        'def load(path: Path, *, encoding: str = "utf-8") -> dict[str, Any]:\n'
        '    """Read a settings file; an absent one is an empty one."""\n'
        "    try:\n"
        "        return json.loads(path.read_text(encoding=encoding))\n"
        "    except FileNotFoundError:\n"
        '        logger.debug("no settings at %s", path)\n'
        "        return {}\n",
        79,
        74,
        id="python",
    ),
    pytest.param(
        "func (s *Server) handleList(w http.ResponseWriter, r *http.Request) {\n"
        "\tctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)\n"
        "\tdefer cancel()\n"
        '\titems, err := s.store.ListItems(ctx, r.URL.Query().Get("after"))\n'
        "\tif err != nil {\n"
        "\t\thttp.Error(w, err.Error(), http.StatusInternalServerError)\n"
        "\t\treturn\n"
        "\t}\n"
        "\twriteJSON(w, items)\n"
        "}\n",
        116,
        86,
        id="go",
    ),
    pytest.param(
        "static int parse_header(const uint8_t *buf, size_t len, struct header *out)\n"
        "{\n"
        "\tif (len < HEADER_SIZE || memcmp(buf, MAGIC, 4) != 0)\n"
        "\t\treturn -EINVAL;\n"
        "\n"
        "\tout->version = buf[4] << 8 | buf[5];\n"
        "\tout->flags = get_le32(buf + 8);\n"
        "\treturn 0;\n"
        "}\n",
        94,
        79,
        id="c",
    ),
    pytest.param(
        "{\n"
        '  "name": "example",\n'
        '  "version": "1.14.2",\n'
        '  "scripts": { "build": "tsc -p .", "test": "vitest run --coverage" },\n'
        '  "dependencies": { "express": "^4.19.2", "zod": "^3.23.8" }\n'
        "}\n",
        75,
        73,
        id="json",
    ),
    pytest.param(
        "The cache is written once and read by everyone after that, so the order in which files are listed must not change between two runs.\n"
        "When a file is removed, only what follows it has to be sent again. Nothing else depends on the time of day, the name of the machine or\n"
        "the person who asked.\n",
        66,
        64,
        id="prose",
    ),
    pytest.param(
        "计算属性会自动追踪响应式依赖。只要相关的数据没有改变,无论访问多少次,都会立即返回先前的计算结果,而不用重复执行函数。\n",
        47,
        39,
        id="chinese",
    ),
    pytest.param(
        "Переменная существует только внутри функции, в которой она объявлена. Если снаружи есть переменная с таким же именем, она не изменится.\n",  # noqa: RUF001 - Russian
        64,
        32,
        id="russian",
    ),
    pytest.param(
        "static const unsigned char key[] = {\n"
        "    0x3a, 0x91, 0xf0, 0x07, 0xbc, 0x5e, 0x22, 0xd4, 0x68, 0x1f, 0xe9, 0x40,\n"
        "    0xa5, 0x73, 0x0c, 0xbe, 0x94, 0x2d, 0xf8, 0x61, 0x17, 0xca, 0x86, 0x5b,\n"
        "};\n",
        112,
        134,
        id="hex",
    ),
]


@pytest.mark.parametrize(("text", "claude2", "o200k"), KNOWN)
def test_a_few_lines_are_estimated_within_three_tenths(text: str, claude2: int, o200k: int) -> None:
    found = measure(text.encode())
    assert abs(found.claude2 / claude2 - 1) < 0.3
    assert abs(found.o200k / o200k - 1) < 0.2


def test_all_of_them_together_are_estimated_within_a_tenth() -> None:
    texts = [measure(str(case.values[0]).encode()) for case in KNOWN]
    assert abs(sum(each.claude2 for each in texts) / sum(int(str(case.values[1])) for case in KNOWN) - 1) < 0.1
    assert abs(sum(each.o200k for each in texts) / sum(int(str(case.values[2])) for case in KNOWN) - 1) < 0.1


def test_nothing_is_no_tokens() -> None:
    found = measure(b"")
    assert (found.characters, found.non_ascii, found.claude2, found.o200k) == (0, 0, 0.0, 0.0)


@given(st.text(max_size=400))
def test_characters_are_counted_exactly(text: str) -> None:
    data = text.encode("utf-8", "replace")
    found = measure(data)
    assert (len(data.decode()), sum(character > "\x7f" for character in data.decode())) == (found.characters, found.non_ascii)


@settings(max_examples=200)
@given(st.binary(max_size=SAMPLED_ABOVE * 3))
def test_any_bytes_are_measured_as_something_and_never_as_less_than_nothing(data: bytes) -> None:
    found = measure(data)
    assert found.claude2 >= 0
    assert found.o200k >= 0
    assert 0 <= found.non_ascii <= found.characters <= len(data)


@pytest.mark.parametrize("size", [SAMPLED_ABOVE - 1, SAMPLED_ABOVE, SAMPLED_ABOVE + 1, SAMPLED_ABOVE * 2, SAMPLED_ABOVE * 7 + 13])
def test_a_long_text_is_judged_by_a_sample_that_stands_for_all_of_it(size: int) -> None:
    data = (b"def total(items):\n    return sum(item.price for item in items)\n" * 2000)[:size]
    assert measure(data).o200k == pytest.approx(measure(data[:4096]).o200k * size / 4096, rel=0.05)


def test_a_long_text_with_two_halves_is_judged_by_both() -> None:
    words = b"return the first value\n" * 2000
    marks = b"({[<!;#%&@]})" * 4000
    both = measure(words + marks).claude2
    assert both == pytest.approx(measure(words).claude2 + measure(marks).claude2, rel=0.05)


def test_the_features_are_what_their_names_say() -> None:
    counts = dict(zip(FEATURES, features(b"\tgetHTTPName(x, 1234567) . strzncpqs\nend\n;;;\n \xc3\xa9"), strict=False))
    assert {
        "bytes": 48,
        "words": 5,  # get HTTPName x strzncpqs end: a hump begins only after a small letter
        "numbers": 1,
        "hard": 4 + 3 + 6,  # 1234567, tHTTPN, strzncpqs
        "tabs": 1,
        "set_off": 2,
        "bare_lines": 2,
        "marks": 7,
        "mark_pairs": 2,
        "dots": 1,
        "latin": 1,
    }.items() <= counts.items()


def test_the_weights_name_every_feature_once() -> None:
    assert len(FEATURES) == len(set(FEATURES)) == len(CLAUDE2_WEIGHTS) == len(O200K_WEIGHTS)
