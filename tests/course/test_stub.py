"""Taking the code out of a solution, and putting one exercise back."""

from minigrad.course.stub import definition, restore, stub

SOLUTION = '''"""Two."""


def one(x):
    """One."""
    # TODO: add
    # one.
    y = x  # the value

    def inner():
        return y

    return inner() + 1


class Two:
    def __init__(self):
        self.x = 1

    def forward(self):
        # TODO: return it.
        return self.x


CONSTANT = 3
'''


def test_the_todo_stays_and_the_rest_of_the_function_goes():
    text = stub(SOLUTION)
    assert "    # one.\n    raise NotImplementedError\n\n\nclass Two" in text
    assert "        # TODO: return it.\n        raise NotImplementedError\n\n\nCONSTANT" in text
    assert "self.x = 1" in text and "inner" not in text


def test_a_definition_is_found_in_a_file_with_a_syntax_error():
    broken = SOLUTION.replace("return inner() + 1", "return inner( +")
    first, last = definition(broken, "Two")
    assert broken.splitlines()[first] == "class Two:"
    assert broken.splitlines()[last - 1] == "        return self.x"


def test_restoring_one_leaves_the_other_as_it_was():
    mine = SOLUTION.replace("return self.x", "return 99")
    text = restore(mine, stub(SOLUTION), "one")
    assert "return 99" in text and "inner" not in text
    assert restore(text, stub(SOLUTION), "Two") == stub(SOLUTION)


def test_restoring_what_was_deleted_appends_it():
    text = restore("x = 1\n", stub(SOLUTION), "one")
    assert text.startswith("x = 1\n\n\ndef one(x):") and text.endswith("NotImplementedError\n")


def test_a_line_at_the_margin_inside_a_string_goes_with_its_function():
    mine = SOLUTION.replace('"""One."""', '"""One.\nat the margin\n"""')
    text = restore(mine, stub(SOLUTION), "one")
    compile(text, "exercise.py", "exec")
    assert "at the margin" not in text and text == restore(SOLUTION, stub(SOLUTION), "one")
