"""What looks like the line of a definition: with the lines beside it that look alike and define nothing."""

from __future__ import annotations

import pytest

from reviewer.collect.declared import declared, declared_lines

TEXTS = {
    "A.java": (
        "public final class Box extends Base implements Shape {\n"
        "    private final List<Map<String, Long>> sizes = new ArrayList<>();\n"
        "    int plain;\n"
        "    public static <T> T checkNotNull(T arg, String text) {\n"
        "        final String local = call(\n"
        "            other, Wrapped.copy(local), HTTP_1_1,\n"
        "            HTTP_1_1, text);\n"
        "        return local == null ? one\n"
        "            : two.slice(3);\n"
        "    }\n"
        "    private static final class Inner {\n"
        "        final long deep;\n"
        "    }\n"
        "    enum Kind {\n"
        "        FIRST(1), SECOND,\n"
        "        LAST\n"
        "    }\n"
        "}\n",
        {"Box", "sizes", "plain", "checkNotNull", "Inner", "deep", "Kind", "FIRST", "SECOND", "LAST"},
    ),
    "A.cs": (
        "namespace Some.Where;\n"
        "public partial class Box(int a)\n"
        "    : Base<int>(a)\n"
        "{\n"
        "    public int Full { get; set; }\n"
        "    string Named { get; }\n"
        "    new IThing Newer { get; }\n"
        "    private async Task Insert<TOne, TTwo>()\n"
        "    {\n"
        "        var local = Call(\n"
        "            mapping: new Mapping(1),\n"
        "            Constant(local),\n"
        "            Argument);\n"
        "    }\n"
        "    public static T NotNull<T>(T value) => value;\n"
        "    public static Func<int, Task<string>> Compiled<\n"
        "        TOther>(int a) => null;\n"
        "    public enum Kind\n"
        "    {\n"
        "        First,\n"
        "        Last = 3\n"
        "    }\n"
        "    public delegate void Handler(int a);\n"
        "}\n",
        {"Box", "Full", "Named", "Newer", "Insert", "NotNull", "Compiled", "Kind", "First", "Last", "Handler"},
    ),
    "a.go": (
        "package p\n\n"
        "const (\n\tValNone ValueType = iota // nothing\n\tValFloat // one\n\tValLast\n)\n\n"
        'type Box struct { // of things\n\tPositive, Negative []Span\n\tSize int `json:"size"`\n}\n\n'
        "var table = []int{\n\t1, 2, 3,\n}\n\n"
        "func (b *Box) Open() {\n\tif b.Size > 0 {\n\t\tlocal := 1\n\t}\n}\n",
        {"ValNone", "ValFloat", "ValLast", "Box", "Positive", "Negative", "Size", "table", "Open"},
    ),
    "a.ts": (
        "import {\n  Imported,\n} from './b';\n"
        "export const limit = 3;\n"
        "class Box {\n"
        "  size = 1;\n"
        "  open(a: string): void {\n"
        "    const local = call(a);\n"
        "    const inner = (b: string) => b;\n"
        "    it('runs', () => {\n"
        "      call(local);\n"
        "    });\n"
        "    if (local) {\n"
        "    }\n"
        "  }\n"
        "}\n"
        "enum Kind {\n  First,\n  Last,\n}\n"
        "interface Shape {\n  grow(by: number): void;\n  area?: number;\n}\n",
        {"limit", "Box", "size", "open", "inner", "Kind", "First", "Last", "Shape", "grow", "area"},
    ),
    "a.tsx": ("function View() {\n  return (\n    <div\n      onClick={go}\n    />\n  );\n}\n", {"View"}),
    "a.c": (
        "static int os_date (lua_State *L) {\n\treturn call(L);\n}\nint (*hook)(int);\nenum kind {\n\tFIRST,\n\tLAST\n};\n",
        {"os_date", "hook", "kind", "FIRST", "LAST"},
    ),
}


@pytest.mark.parametrize("path", TEXTS)
def test_definitions_are_told_from_locals_arguments_and_calls(path: str) -> None:
    text, names = TEXTS[path]
    assert {name.decode() for name in declared(path, text.encode())} == names
    assert {name for name, _ in declared_lines(path, text)} == names


@pytest.mark.parametrize("path", ["a.py", "a.c", "A.java", "a.cs", "a.ts", "a.go", "a.rs", "a.rb", "a.php", "a.kt"])
@pytest.mark.parametrize(
    "piece",
    ["public a<", "a<b ", "):", "(", "{//", "enum\n", "enum a {\n", "\nstruct ", "a, ", "a::", " ", "\n  ", "final a ", " = ("],
)
def test_long_lines_and_endless_beginnings_take_no_more_than_their_length(path: str, piece: str) -> None:
    text = "public x(" + piece * (100_000 // len(piece))
    assert isinstance(declared(path, text.encode()), set)
