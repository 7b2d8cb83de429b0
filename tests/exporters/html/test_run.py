"""What flows, on the page: shapes, calls and multiply-adds of a watched run, and the memory it takes."""

import re

import lxml.html
import pytest
import torch
from torch import nn

import summarykit
from summarykit.exporters.base import Options
from summarykit.exporters.html.exporter import fragment
from summarykit.exporters.view import build_view
from summarykit.exporters.view.words import visible
from support.pages import HOSTILE, Odd, data_of, page_from, page_of, sequential


class Steps(nn.Module):
    """A layer called often and in two sizes, one never called, one used without its forward, many results."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 32)
        self.step = nn.Linear(32, 32)
        self.blocks = nn.Sequential(*(nn.Linear(32, 32) for _ in range(3)))
        self.never = nn.Linear(4, 4)
        self.out = nn.Linear(32, 100)

    def forward(self, tokens):
        x = self.embed(tokens)
        for _ in range(2):
            x = self.step(x)
        x = self.blocks(self.step(x[:, :3]))
        return {"logits": nn.functional.linear(x, self.out.weight), "past": [(x, x), (x, x), (x, x)]}


class Fails(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, 1)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(512, 10))

    def forward(self, x):
        return self.head(self.stem(x))


class Chooses(nn.Module):
    def __init__(self):
        super().__init__()
        self.score = nn.Linear(8, 8)
        self.rest = nn.Linear(8, 3)

    def forward(self, x):
        return self.rest(self.score(x)[x[..., 0] > 0])


class Takes(nn.Module):
    """Arguments and results may be called anything."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, **tensors):
        return {name: self.layer(tensor) for name, tensor in tensors.items()}


def data_with_run(model, **inputs):
    return summarykit.summarize(model, **inputs).data


def steps():
    return data_with_run(Steps(), input_size={"tokens": (2, 12)}, dtypes="int64")


def document_of(data):
    return lxml.html.fromstring(page_from(data))


def text_of(element):
    return " ".join(element.text_content().split())


def row_of(document, name):
    (row,) = document.xpath(f"//table[contains(@class, 'tree')]/tbody/tr[th//summary/code = '{name}']")
    return row


def cells_of(document, name):
    return [text_of(cell) for cell in row_of(document, name).xpath("./td")]


def lines_of(row):
    return [[text_of(cell) for cell in line] for line in row.xpath(".//table[@class='flows']//tr")]


def test_the_head_tells_the_multiply_adds_exactly_and_for_what():
    document = document_of(data_with_run(sequential(), input_size=(1, 16)))
    assert text_of(document.xpath("//p[@class='work']")[0]) == (
        "74 multiply-adds (MACs) · FLOPs = 2 × MACs = 148 · for input 1 × 16 (float32), given by size"
    )


def test_compute_splits_beside_the_parameters():
    document = document_of(data_with_run(sequential(), input_size=(1, 16)))
    parameters, compute = document.xpath("//div[@class='pair']/section")
    assert text_of(parameters.xpath("./h2")[0]) == "Where the parameters are"
    assert text_of(compute.xpath("./h2")[0]) == "How compute splits"
    assert [text_of(p) for p in compute.xpath("./p")] == [
        "74 multiply-adds (MACs): 86.5% of them are in 0.",
        "64 Linear 0 + 8 Linear 1 + 2 Linear 2 = 74",
    ]
    numbers = [[text_of(cell) for cell in row.xpath("./td")[1:]] for row in compute.xpath(".//tbody/tr")]
    assert numbers == [["64", "86.5%"], ["8", "10.8%"], ["2", "2.7%"]]


def test_the_table_has_what_comes_out_and_multiply_adds():
    document = document_of(steps())
    heads = [text_of(head) for head in document.xpath("//table[contains(@class, 'tree')]/thead//th")]
    assert heads[6:] == ["Output", "Multiply-adds"]
    assert cells_of(document, "embed")[5:] == ["2 × 12 × 32", "–"]
    assert cells_of(document, "0–2")[5:] == ["2 × 3 × 32", "18,432"]
    assert cells_of(document, "never")[5:] == ["never called", ""]
    assert cells_of(document, "out")[5:] == ["used by its caller", ""]


def test_short_numbers_have_the_exact_ones_at_hand():
    document = document_of(data_with_run(nn.Linear(4096, 4096, device="meta"), input_size=(1, 512, 4096)))
    row = row_of(document, "Linear")
    assert text_of(row.xpath("./td[7]")[0]) == "8.59 G"
    assert "4,096 × 4,096 = 8,589,934,592 multiply-adds" in text_of(row.xpath(".//div[@class='run']")[0])


def test_an_opened_row_tells_calls_formula_and_every_tensor():
    row = row_of(document_of(data_with_run(sequential(), input_size=(5, 16))), "0")
    text = text_of(row.xpath(".//div[@class='more']")[0])
    for words in (
        "In the run: called once · input 5 × 16 → 5 × 4 · results 80 bytes",
        "positions[0] × out_features × in_features",
        "= 5 × 4 × 16 = 320 multiply-adds",
        "At each of the 5 positions, each of the 4 neurons multiplies its 16 weights once.",
    ):
        assert words in text
    assert [text_of(p) for p in row.xpath(".//p[contains(@class, 'grade')]")][-1] == "✓ Checked"


def test_copies_and_calls_are_a_product():
    document = document_of(steps())
    blocks = text_of(row_of(document, "0–2"))
    assert "In the run: each called once · input 2 × 3 × 32 → 2 × 3 × 32 · results 768 bytes" in blocks
    assert "All 3 calls: 3 × 6,144 = 18,432" in blocks
    step = text_of(row_of(document, "step"))
    assert "called 3 times; calls differ in size, the first is shown" in step
    assert "All 3 calls: 55,296 multiply-adds" in step


def test_results_whose_names_count_up_stand_in_one_line():
    lines = lines_of(row_of(document_of(steps()), "Steps"))
    assert [line[:3] for line in lines] == [
        ["In", "tokens", "2 × 12"],
        ["Out", "logits", "2 × 3 × 100"],
        ["", "past.0–2.0 × 3", "2 × 3 × 32"],
        ["", "past.0–2.1 × 3", "2 × 3 × 32"],
    ]


def test_what_the_operators_count_is_not_called_checked():
    text = text_of(row_of(document_of(steps()), "Steps"))
    assert "– Counted, not checked from the operators that ran: mm" in text
    assert "With everything inside 92,928 multiply-adds" in text


def test_a_forward_that_fails_keeps_what_ran():
    document = document_of(data_with_run(Fails(), input_size=(1, 3, 64, 64)))
    assert text_of(document.xpath("//section[@aria-label='Checks']/*")[0]).startswith(
        "✗ The forward fails. It stopped at head.1:"
    )
    assert text_of(document.xpath("//p[@class='work']")[0]) == (
        "Multiply-adds as a whole are not known: the forward did not end"
        " · for x 1 × 3 × 64 × 64 (float32), given by size"
    )
    assert not document.xpath("//h2[. = 'How compute splits']")
    assert cells_of(document, "stem")[5:] == ["1 × 32 × 32 × 32", "884,736"]
    assert cells_of(document, "1")[5:] == ["did not end", "–"]
    assert "✗ the call did not end" in text_of(row_of(document, "1"))
    assert "With everything inside 884,736 multiply-adds until it failed" in text_of(row_of(document, "Fails"))


def test_assumed_sizes_are_marked():
    document = document_of(data_with_run(Chooses(), inputs=torch.zeros(6, 8)))
    assert text_of(document.xpath("//p[@class='work']")[0]).startswith("about 528 multiply-adds")
    assert "! Some sizes are assumed." in text_of(document)
    assert cells_of(document, "rest")[6] == "≈ 144"
    assert cells_of(document, "score")[6] == "384"
    assert "called once; assumed sizes" in text_of(row_of(document, "rest"))


def test_without_a_run_nothing_of_it_is_said():
    page = page_of(Odd())
    assert len(lxml.html.fromstring(page).xpath("//table[contains(@class, 'tree')]/thead//th")) == 6
    text = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)
    for words in ("ultiply-add", "FLOPs", "In the run", "How compute", "class='work'", 'class="flows"'):
        assert words not in text


def test_layers_without_parameters_that_multiply_are_shown():
    class Product(nn.Module):
        def forward(self, x):
            return x @ x

    document = document_of(data_with_run(nn.Sequential(nn.Linear(4, 4), Product(), nn.ReLU()), input_size=(4, 4)))
    assert [text_of(row.xpath(".//summary")[0]) for row in document.xpath("//tr[contains(@class, 'none')]")] == ["2"]
    assert "Show the one row without parameters or multiply-adds" in text_of(document)


def test_how_it_was_made_and_the_glossary_follow_the_run():
    data = steps()
    text = text_of(document_of(data))
    run = build_view(data).run
    assert run.made
    assert all(sentence in text for sentence in run.made)
    assert "Multiply-add (MAC)" in text
    assert "nothing was run" not in text


@pytest.mark.parametrize("make", [lambda: data_of(Odd()), steps])
def test_the_memory_is_that_of_the_summary(make):
    data = make()
    memory = data.memory
    rows = document_of(data).xpath("//section[@class='memory']//tr[td]")
    cells = [(text_of(row.xpath("./td[1]")[0]), text_of(row.xpath("./td[last()]")[0])) for row in rows]
    expected = [
        *memory.formats,
        *memory.run,
        memory.run_total,
        *((memory.cache.per_token,) if memory.cache else ()),
        *memory.train,
        *memory.optimizers,
        *memory.train_totals,
    ]
    assert [number for _, number in cells] == [f"{row.bytes:,}" for row in expected]
    lines = [line for table in build_view(data).memory for line in table.lines]
    assert [formula for formula, _ in cells] == [line.formula for line in lines]
    text = text_of(document_of(data).xpath("//section[@class='memory']")[0])
    assert all(line.sentence in text for line in lines)


def test_a_model_without_parameters_has_no_memory_section():
    assert "Memory: to run" not in page_of(nn.ReLU())


def test_hostile_names_of_arguments_are_text_and_nothing_else():
    names = [name for name in HOSTILE if "\ud800" not in name]
    document = document_of(data_with_run(Takes(), kwargs={name: torch.zeros(2, 3) for name in names}))
    assert not document.xpath("//main//script | //img | //iframe | //svg/@onload")
    cells = [cell.text_content() for cell in document.xpath("//table[@class='flows']//td[1]")]
    assert set(cells) >= {visible(name) for name in names}
    assert "49" not in cells


def test_the_same_run_gives_the_same_bytes():
    assert page_from(steps()) == page_from(steps())


def test_a_notebook_gets_the_run_in_little():
    document = lxml.html.fragment_fromstring(fragment(steps(), Options()))
    assert [text_of(head) for head in document.xpath("//thead//th")] == [
        "Layer", "Type", "Formula", "With everything inside", "Share", "Output", "Multiply-adds",
    ]  # fmt: skip
    assert "92,928 multiply-adds (MACs) · FLOPs = 2 × MACs = 185,856 · for tokens 2 × 12 (int64)" in text_of(document)
    rows = {cells[0]: cells for cells in ([text_of(c) for c in row] for row in document.xpath("//tbody/tr"))}
    assert rows["step"][5:] == ["2 × 12 × 32", "55,296"]
    assert rows["never"][5:] == ["never called", ""]
