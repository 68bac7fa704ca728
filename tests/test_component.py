"""What a component class declares, what it refuses, and how its objects behave."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pickle
import sys
import typing
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, no_type_check

import pytest
from jinja2 import Environment, StrictUndefined, Undefined, UndefinedError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from frontload import Cache, Concurrency
from frontload import component as component_module
from frontload.attrs import Attrs
from frontload.component import MISSING, Component, Declaration, Load, LoadField, PropField, check_props, load
from frontload.errors import DeclarationError, PropError

if TYPE_CHECKING:
    from nowhere import Unknown  # type: ignore[import-not-found]

T = TypeVar("T")


async def fetch_product(product_id: int) -> str: ...  # type: ignore[empty-body]


async def fetch_links(section: str) -> list[str]: ...  # type: ignore[empty-body]


class Layout(Component):
    title: str
    section: str = "home"
    links: list[str] = load(fetch_links)
    template = "<title>{{ title }}</title>"


class ProductPage(Component):
    product_id: int
    product: str = load(fetch_product)
    uses = [Layout]
    template = "\n  <Layout title={{ product }} />\n"


def declaration(component: type[Component]) -> Declaration:
    return component.__frontload__


def names(fields: tuple[PropField | LoadField, ...]) -> list[str]:
    return [field.name for field in fields]


def make(name: str = "Card", annotations: dict[str, Any] | None = None, /, **body: Any) -> type[Component]:
    """A component class made without a `class` statement, so that annotations are what they are."""
    namespace = {"__module__": __name__, "__annotations__": annotations or {}, **body}
    return typing.cast(type[Component], type(name, (Component,), namespace))


def refusal(name: str = "Card", annotations: dict[str, Any] | None = None, /, **body: Any) -> str:
    with pytest.raises(DeclarationError) as caught:
        make(name, annotations, **body)
    return str(caught.value)


@no_type_check
def prop_error(component: Any, /, *values: Any, **props: Any) -> str:
    with pytest.raises(PropError) as caught:
        component(*values, **props)
    return str(caught.value)


class TestDeclaration:
    def test_fields_are_props_and_loads_in_order(self) -> None:
        layout = declaration(Layout)
        assert names(layout.fields) == ["title", "section", "links"]
        assert layout.props == (
            PropField("title", "str", MISSING, Layout),
            PropField("section", "str", "home", Layout),
        )
        (links,) = layout.loads
        assert (links.name, links.annotation, links.owner) == ("links", "list[str]", Layout)
        assert layout.fields == (*layout.props, *layout.loads)
        assert not layout.attrs

    def test_template_is_verbatim(self) -> None:
        page = declaration(ProductPage)
        assert page.template == "\n  <Layout title={{ product }} />\n"
        assert page.template_file is None
        assert page.template_owner is ProductPage

    def test_component_itself_declares_nothing(self) -> None:
        assert declaration(Component) == Declaration((), (), (), {}, None, None, None, False)
        assert Component() == Component()

    def test_a_class_without_template_is_an_abstract_base(self) -> None:
        class Base(Component):
            title: str

        assert (declaration(Base).template, declaration(Base).template_owner) == (None, None)

    def test_annotations_are_not_resolved(self) -> None:
        class Card(Component):
            a: Unknown
            b: list[Card]

        assert [field.annotation for field in declaration(Card).fields] == ["Unknown", "list[Card]"]
        (field,) = declaration(make("Card", {"a": "no.such[1 / 0]"})).fields
        assert field.annotation == "no.such[1 / 0]"

    def test_class_vars_and_underscored_names_are_no_fields(self) -> None:
        class Card(Component):
            a: ClassVar[int] = 1
            b: ClassVar = 2
            c: typing.ClassVar[int] = 3
            d: t.ClassVar[list[str]] = []
            _e: int = 5
            f: ClassVar[int] = 6
            g: str

        assert names(declaration(Card).fields) == ["g"]
        assert (Card.a, Card.b, Card.c, Card.d, Card._e, Card.f) == (1, 2, 3, [], 5, 6)

    @pytest.mark.parametrize(
        "annotation",
        [ClassVar, ClassVar[int], "ClassVar", "ClassVar[int]", "typing.ClassVar", "t.ClassVar['X']", "'ClassVar[int]'"],
    )
    def test_each_way_to_write_class_var(self, annotation: Any) -> None:
        assert declaration(make("Card", {"a": annotation}, a=1)).fields == ()

    @pytest.mark.parametrize("annotation", [int, "int", "ClassVarious", "MyClassVar", "list[ClassVar]"])
    def test_others_are_props(self, annotation: Any) -> None:
        assert names(declaration(make("Card", {"a": annotation})).props) == ["a"]

    @pytest.mark.parametrize("annotation", [Attrs, "Attrs", "frontload.Attrs", "'Attrs'"])
    def test_attrs(self, annotation: Any) -> None:
        card = make("Card", {"title": str, "attrs": annotation}, attrs=Attrs())
        assert declaration(card).attrs
        assert names(declaration(card).props) == ["title", "attrs"]
        assert declaration(type("Wide", (card,), {})).attrs

    def test_a_generic_component(self) -> None:
        class Table(Component, Generic[T]):
            rows: list[T]
            template = ""

        assert Table[int](rows=[1]) == Table(rows=[1])

    def test_class_keywords_reach_other_bases(self) -> None:
        class Registered:
            key: ClassVar[str]

            def __init_subclass__(cls, key: str = "", **options: Any) -> None:
                super().__init_subclass__(**options)
                cls.key = key

        class Card(Component, Registered, key="card"):
            title: str

        assert Card.key == "card"


class TestLoad:
    def test_defaults(self) -> None:
        (field,) = declaration(ProductPage).loads
        given = {name: getattr(field.load, name) for name in Load.__slots__}
        assert given == {
            "loader": fetch_product,
            "by": None,
            "args": {},
            "gate": False,
            "eager": False,
            "timeout": None,
            "concurrency": None,
            "cache": None,
            "dedupe": True,
            "thread": True,
            "missing": MISSING,
            "batch_size": None,
        }

    def test_everything_is_kept(self) -> None:
        args = {"product_id": "post.meta.0", "x": "a"}
        given: dict[str, Any] = {
            "by": ("a", "b"),
            "args": args,
            "gate": True,
            "eager": True,
            "timeout": 1.5,
            "concurrency": Concurrency("search", 2),
            "cache": Cache(ttl=3600),
            "dedupe": False,
            "thread": False,
            "missing": "nobody",
            "batch_size": 50,
        }
        card = make("Card", {"post": Any}, post=load(fetch_product, **given))
        args["product_id"] = "changed"
        (field,) = declaration(card).loads
        given["args"] = {"product_id": "post.meta.0", "x": "a"}
        assert {name: getattr(field.load, name) for name in Load.__slots__} == {"loader": fetch_product, **given}

    @pytest.mark.parametrize(
        "loader", [lambda product_id: 1, functools.partial(max, 1), "text".upper, len, type("C", (), {"__call__": max})]
    )
    def test_any_callable_is_a_loader(self, loader: Callable[..., Any]) -> None:
        (field,) = declaration(make("Card", {"a": int}, a=load(loader))).loads
        assert field.load.loader is loader

    def test_an_object_has_no_value_for_it(self) -> None:
        page = ProductPage(product_id=7)
        for holder in (page, ProductPage):
            with pytest.raises(AttributeError) as caught:
                _ = holder.product
            assert str(caught.value) == "ProductPage.product is a load: it has a value only while rendering"
        assert not hasattr(page, "product")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"by": ["a"]}, "by must be the name of a field, or a tuple of names, not ['a']"),
            ({"by": ()}, "by must be the name of a field, or a tuple of names, not ()"),
            ({"by": ("a", 3)}, "by must be the name of a field, or a tuple of names, not ('a', 3)"),
            ({"by": "post.author_id"}, "by must be the name of a field, or a tuple of names, not 'post.author_id'"),
            ({"by": 3}, "by must be the name of a field, or a tuple of names, not 3"),
            ({"args": ["a"]}, "args must be a mapping from parameters to fields, as in {…}, not ['a']"),
            ({"args": {"a": 3}}, "args must be a mapping from parameters to fields, as in {…}, not {'a': 3}"),
            ({"args": {3: "a"}}, "args must be a mapping from parameters to fields, as in {…}, not {3: 'a'}"),
            ({"args": {"a": "b..c"}}, "args must be a mapping from parameters to fields, as in {…}, not {'a': 'b..c'}"),
            ({"args": {"a": ""}}, "args must be a mapping from parameters to fields, as in {…}, not {'a': ''}"),
            ({"gate": "yes"}, "gate must be True or False, not 'yes'"),
            ({"eager": 1}, "eager must be True or False, not 1"),
            ({"dedupe": None}, "dedupe must be True or False, not None"),
            ({"thread": 0}, "thread must be True or False, not 0"),
            ({"timeout": 0}, "timeout must be a number of seconds above 0, not 0"),
            ({"timeout": True}, "timeout must be a number of seconds above 0, not True"),
            ({"timeout": "1s"}, "timeout must be a number of seconds above 0, not '1s'"),
            ({"by": "a", "batch_size": 0}, "batch_size must be a whole number above 0, not 0"),
            ({"batch_size": 5}, "batch_size belongs to a batched load: give by as well"),
            ({"missing": 5}, "missing belongs to a batched load: give by as well"),
            ({"concurrency": 0}, "concurrency must be a whole number above 0, or a Concurrency, not 0"),
            ({"concurrency": 1.5}, "concurrency must be a whole number above 0, or a Concurrency, not 1.5"),
            ({"concurrency": True}, "concurrency must be a whole number above 0, or a Concurrency, not True"),
        ],
    )
    def test_arguments_that_cannot_be_right(self, options: dict[str, Any], message: str) -> None:
        said = refusal("Card", {"a": int}, a=load(fetch_product, **options))
        assert said.replace('{"user_id": "post.author_id"}', "{…}") == f"Card.a: {message}"

    def test_a_call_where_the_loader_belongs(self) -> None:
        async def fetch(user_id: int) -> str:
            return ""

        called: Any = fetch(7)
        assert refusal("Page", {"user": str}, user=load(called)) == (
            "Page.user: load was given what fetch(…) returned, and not the function: write load(fetch), whose"
            " parameters are fields of Page"
        )

    def test_a_loader_that_cannot_be_called(self) -> None:
        not_callable: Any = 3
        message = refusal("Card", {"a": int}, a=load(not_callable))
        assert message == "Card.a: loader must be a function or another callable, not 3"

    @pytest.mark.parametrize(
        ("name", "annotations"), [("product", {}), ("_product", {"_product": str}), ("product", {"product": ClassVar})]
    )
    def test_a_load_that_is_no_field(self, name: str, annotations: dict[str, Any]) -> None:
        assert refusal("Card", annotations, **{name: load(fetch_product)}) == (
            f"Card.{name} is a load, but no field: a field has an annotation (not ClassVar) and no leading underscore,"
            " as in `product: Product = load(…)`"
        )


class TestConstructors:
    @pytest.mark.parametrize("method", ["__init__", "__post_init__"])
    def test_a_component_has_no_constructor_of_its_own(self, method: str) -> None:
        assert refusal("Page", {"a": int}, **{method: lambda self: None}) == (
            f"Page.{method} must go: a component is made of its props, given by name, and a tag calls no method"
            " (compute what else it needs in a load, or where it is made)"
        )

    def test_a_component_is_no_dataclass(self) -> None:
        page: Any = dataclasses.dataclass(make("Page", {"a": int}))
        with pytest.raises(DeclarationError) as caught:
            page(a=1)
        assert str(caught.value) == (
            "Page has a constructor that is not Component's: it must be no dataclass, and no other base may have an"
            " __init__"
        )


class TestNames:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("context", "it names what a render knows of its request"),
            ("slots", "it names the contents that a tag was given"),
            *((name, "it is Jinja's") for name in ("loop", "self", "caller", "super")),
            *(
                (name, f"a template cannot use {name!r} as a name")
                for name in ("true", "false", "none", "not", "and", "or", "in", "is", "if", "class", "None")
            ),
        ],
    )
    @pytest.mark.parametrize("default", [{}, {"value": 1}, {"value": load(fetch_product)}])
    def test_names_that_are_taken(self, name: str, reason: str, default: dict[str, Any]) -> None:
        body = {name: default["value"]} if default else {}
        assert refusal("Card", {name: int}, **body) == f"Card.{name} must be renamed: {reason}"

    @pytest.mark.parametrize("name", ["template", "template_file", "uses"])
    def test_class_attributes_have_no_annotation(self, name: str) -> None:
        said = refusal("Card", {name: str}, **{name: "x"})
        assert said == f"Card.{name} must have no annotation: write `{name} = …` (a field needs another name)"

    def test_class_attributes_may_be_class_vars(self) -> None:
        class Card(Component):
            template: ClassVar[str] = "x"

        assert declaration(Card).template == "x"

    @pytest.mark.parametrize(
        ("annotation", "body"),
        [
            (str, {"attrs": Attrs()}),
            ("Attrs | None", {"attrs": Attrs()}),
            (Attrs, {}),
            (Attrs, {"attrs": {}}),
            (Attrs, {"attrs": load(fetch_product)}),
        ],
    )
    def test_attrs_is_an_attrs(self, annotation: Any, body: dict[str, Any]) -> None:
        assert refusal("Card", {"attrs": annotation}, **body) == (
            "Card.attrs must be `attrs: Attrs = Attrs()`, or be renamed"
        )

    def test_an_attrs_by_another_name_is_a_prop(self) -> None:
        card = make("Card", {"label_attrs": Attrs}, label_attrs=Attrs())
        assert not declaration(card).attrs
        assert names(declaration(card).props) == ["label_attrs"]

    @pytest.mark.parametrize("name", ["card", "_Card"])
    def test_a_component_begins_with_a_capital(self, name: str) -> None:
        said = refusal(name)
        assert said == f"the component {name} must be renamed: tags' names begin with a capital letter"


class TestTemplates:
    def test_a_file_is_relative_to_the_python_file(self) -> None:
        class Card(Component):
            template_file = "cards/card.html"

        class Wide(Card):
            pass

        for card in (Card, Wide):
            assert declaration(card).template_file == Path(__file__).absolute().parent / "cards" / "card.html"
            assert declaration(card).template is None
            assert declaration(card).template_owner is Card

    def test_the_file_stays_with_the_class_that_set_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        module = ModuleType("elsewhere")
        module.__file__ = str(tmp_path / "elsewhere.py")
        monkeypatch.setitem(sys.modules, "elsewhere", module)
        card = make("Card", template_file="card.html", __module__="elsewhere")
        wide = typing.cast(type[Component], type("Wide", (card,), {"__module__": __name__}))
        assert declaration(wide).template_file == tmp_path / "card.html"

    def test_a_class_without_a_python_file(self, tmp_path: Path) -> None:
        absolute = tmp_path / "card.html"
        card = make("Card", template_file=str(absolute), __module__="nowhere")
        assert declaration(card).template_file == absolute
        assert refusal("Card", template_file="card.html", __module__="nowhere") == (
            "Card.template_file = 'card.html' is relative to a Python file, but nowhere has none: give an absolute"
            " path, or a template"
        )

    def test_both(self) -> None:
        said = refusal("Card", template="", template_file="card.html")
        assert said == "Card has both a template and a template_file: keep one"

    @pytest.mark.parametrize("name", ["template", "template_file"])
    @pytest.mark.parametrize("value", [None, b"x", Path("card.html"), 3])
    def test_it_is_a_string(self, name: str, value: object) -> None:
        assert refusal("Card", **{name: value}) == f"Card.{name} must be a string, not {value!r}"


class TestUses:
    def test_a_list_names_classes_and_paths(self) -> None:
        card = make("Card", uses=[Layout, "shop.cards:Price", "shop.cards:Tables.Row"])
        assert declaration(card).uses == {
            "Layout": Layout,
            "Price": "shop.cards:Price",
            "Row": "shop.cards:Tables.Row",
        }

    def test_a_tuple_and_a_mapping(self) -> None:
        assert declaration(make("Card", uses=(Layout, Layout))).uses == {"Layout": Layout}
        mapping: dict[str, Any] = {"Frame": Layout, "Price": "shop:Cost"}
        card = make("Card", uses=mapping)
        mapping.clear()
        assert declaration(card).uses == {"Frame": Layout, "Price": "shop:Cost"}

    @pytest.mark.parametrize("uses", ["shop:Price", Layout, None, {Layout}, 3])
    def test_other_shapes(self, uses: object) -> None:
        assert refusal("Card", uses=uses) == (
            f"Card.uses must be a list, a tuple or a mapping of components, not {uses!r}"
        )

    @pytest.mark.parametrize("entry", [3, int, None, "Price", "shop.Price", "shop:", ":Price", "a b:Price", ""])
    def test_other_entries(self, entry: object) -> None:
        for uses in ([entry], {"Price": entry}):
            assert refusal("Card", uses=uses) == (
                f'Card.uses holds {entry!r}: it takes component classes and "package.module:Name" strings'
            )

    @pytest.mark.parametrize("name", ["price", "_Price", "", "Two words", "1st", "Übersicht", "Shop.Price", 3])
    def test_tag_names_begin_with_a_capital(self, name: Any) -> None:
        said = refusal("Card", uses={name: Layout})
        assert said == f"Card.uses has the tag name {name!r}: it must be a capital A–Z, then letters, digits or _"

    def test_a_path_to_a_name_without_a_capital(self) -> None:
        assert "tag name 'price'" in refusal("Card", uses=["shop:price"])

    @pytest.mark.parametrize("name", ["Component", "Boundary", "Region", "slot"])
    def test_names_of_the_language(self, name: str) -> None:
        for uses in ({name: Layout}, [f"shop:{name}"]):
            assert refusal("Card", uses=uses) == (
                f"Card.uses names <{name}>, which is the template language's own: write a mapping"
            )

    def test_component_itself(self) -> None:
        assert "<Component>" in refusal("Card", uses=[Component])

    def test_two_components_of_one_name(self) -> None:
        said = refusal("Card", uses=[Layout, "shop:Layout"])
        assert said == "Card.uses has two components for <Layout>: write a mapping, to give them two names"


class TestInheritance:
    def test_a_subclass_inherits_everything(self) -> None:
        class Shop(ProductPage):
            pass

        mine, theirs = declaration(Shop), declaration(ProductPage)
        assert mine == theirs
        assert mine.template_owner is ProductPage
        assert Shop(product_id=3).product_id == 3

    def test_new_fields_come_after_and_replaced_ones_keep_their_place(self) -> None:
        class Shop(Layout):
            footer: str
            section: str = "shop"

        fields = declaration(Shop).fields
        assert names(fields) == ["title", "section", "links", "footer"]
        assert [field.owner for field in fields] == [Layout, Shop, Layout, Shop]
        assert Shop(title="a", footer="b").section == "shop"
        assert Layout(title="a").section == "home"

    def test_a_prop_may_become_a_load(self) -> None:
        class Loaded(Layout):
            title: str = load(fetch_product)

        assert names(declaration(Loaded).fields) == ["title", "section", "links"]
        assert names(declaration(Loaded).loads) == ["title", "links"]
        with pytest.raises(AttributeError, match=r"Loaded\.title is a load"):
            _ = Loaded().title
        assert Layout(title="x").title == "x"

    def test_a_load_may_become_a_prop(self) -> None:
        class Fixed(Layout):
            links: list[str]

        assert names(declaration(Fixed).props) == ["title", "section", "links"]
        assert Fixed(title="", links=["a"]).links == ["a"]

    def test_a_default_may_be_taken_back(self) -> None:
        class Strict(Layout):
            section: str

        assert "needs the prop 'section'" in prop_error(Strict, title="")

    def test_template_and_uses_are_replaced_whole(self) -> None:
        class Shop(ProductPage):
            template_file = "shop.html"
            uses = [ProductPage]

        class Plain(Shop):
            template = "plain"

        assert declaration(Shop).template is None
        assert declaration(Shop).template_owner is Shop
        assert declaration(Shop).uses == {"ProductPage": ProductPage}
        assert (declaration(Plain).template, declaration(Plain).template_file) == ("plain", None)
        assert declaration(Plain).uses == {"ProductPage": ProductPage}

    def test_an_empty_uses_replaces_too(self) -> None:
        class Bare(ProductPage):
            uses = []

        assert declaration(Bare).uses == {}

    def test_several_bases_go_by_the_mro(self) -> None:
        class Base(Component):
            size: int = 1
            template = "base"

        class Left(Base):
            left: int = 1

        class Right(Base):
            size: int = 2
            right: int = 1
            template = "right"

        class Both(Left, Right):
            pass

        assert names(declaration(Both).fields) == ["size", "right", "left"]
        assert Both().size == 2
        assert (declaration(Both).template, declaration(Both).template_owner) == ("right", Right)

    def test_a_mixin_that_is_no_component(self) -> None:
        class Greets:
            volume: int = 3
            template = "hello"

            def greet(self) -> str:
                return f"hello {self}"

        class Card(Greets, Component):
            title: str

        assert names(declaration(Card).fields) == ["title"]
        assert Card(title="x").greet() == f"hello {Card(title='x')}"
        assert (declaration(Card).template, declaration(Card).template_owner) == ("hello", Greets)

    @pytest.mark.parametrize("name", ["title", "section", "links"])
    def test_an_inherited_field_is_not_replaced_without_annotation(self, name: str) -> None:
        with pytest.raises(DeclarationError) as caught:
            type("Shop", (Layout,), {name: property(str)})
        assert str(caught.value) == f"Shop.{name} replaces an inherited field: it needs an annotation, `{name}: … = …`"


class TestObjects:
    def test_props_and_defaults(self) -> None:
        layout = Layout(title="Shop")
        assert (layout.title, layout.section) == ("Shop", "home")
        assert layout.__props__() == {"title": "Shop", "section": "home"}
        assert Layout(section="x", title="y").__props__() == {"title": "y", "section": "x"}

    def test_any_value_may_be_a_prop(self) -> None:
        assert Layout(title=typing.cast(str, MISSING)).__props__()["title"] is MISSING

    def test_missing_and_unknown_props(self) -> None:
        made = "(it is made so: Layout(title=…, section=…))"
        assert prop_error(Layout) == f"Layout needs the prop 'title' {made}"
        assert prop_error(Layout, title="", sektion="x") == (
            f"Layout has no prop 'sektion': did you mean 'section'? {made}"
        )
        assert prop_error(Layout, zzz=1, links=[]) == (
            "Layout needs the prop 'title'; Layout.links is a load, filled by Frontload while rendering: it cannot be"
            f" given; Layout has no prop 'zzz' {made}"
        )
        assert prop_error(Layout, "Shop") == "props are given by name: Layout(title=…, section=…)"

    def test_prop_errors_are_type_errors(self) -> None:
        assert issubclass(PropError, TypeError)

    def test_names_alone_can_be_checked(self) -> None:
        check_props(Layout, ["title"])
        with pytest.raises(PropError, match="needs the prop 'title'"):
            check_props(Layout, iter(["section"]))

    def test_names_that_a_mapping_gives_may_be_no_strings(self) -> None:
        names: Any = ["title", 3, None]
        with pytest.raises(PropError, match=r"^Layout has no prop 3; Layout has no prop None "):
            check_props(Layout, names)

    def test_frozen(self) -> None:
        layout: Any = Layout(title="Shop")
        for name in ("title", "links", "anything"):
            with pytest.raises(FrozenInstanceError) as caught:
                setattr(layout, name, "x")
            assert str(caught.value) == f"Layout is frozen: cannot set {name!r}"
        with pytest.raises(FrozenInstanceError) as caught:
            del layout.title
        assert str(caught.value) == "Layout is frozen: cannot delete 'title'"
        assert issubclass(FrozenInstanceError, AttributeError)

    def test_equality_and_hash(self) -> None:
        class Other(Layout):
            pass

        a, b = Layout(title="x"), Layout(title="x", section="home")
        assert a == b
        assert hash(a) == hash(b)
        assert a != Layout(title="y")
        assert a != Other(title="x")
        assert a != "x"
        with pytest.raises(TypeError, match="unhashable"):
            hash(Layout(title=typing.cast(str, [])))

    def test_repr(self) -> None:
        assert repr(Layout(title="Shop")) == "Layout(title='Shop', section='home')"
        rows: list[Any] = []
        table: Any = make("Table", {"rows": list})
        rows.append(table(rows=rows))
        assert repr(rows) == "[Table(rows=[...])]"
        rows[0].rows.clear()

    def test_repr_of_a_component_within_itself(self) -> None:
        table: Any = make("Table", {"rows": Any})
        holder = Attrs()
        outer = table(rows=holder)
        holder._values["self"] = outer
        assert repr(outer) == "Table(rows=Attrs({'self': ...}))"

    def test_mutable_defaults_are_copied_for_each_object(self) -> None:
        class Chart(Component):
            points: list[int] = [1]
            options: dict[str, int] = {"a": 1}
            tags: set[str] = {"x"}
            size: tuple[int, int] = (1, 2)

        first, second = Chart(), Chart()
        first.points.append(2)
        first.options["b"] = 2
        first.tags.add("y")
        assert second.__props__() == {"points": [1], "options": {"a": 1}, "tags": {"x"}, "size": (1, 2)}
        assert Chart() == second
        assert first.size is second.size
        (points, *_) = declaration(Chart).props
        assert points.fresh_default() is not points.fresh_default()

    def test_a_default_may_be_a_function_or_a_descriptor(self) -> None:
        card: Any = make("Card", {"key": Any, "text": Any}, key=len, text=property(str))
        assert card().key is len
        assert isinstance(card().text, property)

    def test_methods_properties_and_cached_properties(self) -> None:
        class Card(Component):
            title: str

            @property
            def upper(self) -> str:
                return self.title.upper()

            @functools.cached_property
            def words(self) -> list[str]:
                return self.title.split()

        card = Card(title="a b")
        assert (card.upper, card.words) == ("A B", ["a", "b"])
        assert card.__props__() == {"title": "a b"}
        assert card == Card(title="a b")

    def test_copies_and_pickles(self) -> None:
        layout = Layout(title="Shop")
        for twin in (copy.copy(layout), copy.deepcopy(layout), pickle.loads(pickle.dumps(layout))):
            assert twin == layout

    def test_matching_by_keyword(self) -> None:
        match Layout(title="Shop"):
            case Layout(title=title):
                assert title == "Shop"
            case _:
                pytest.fail("it did not match")


class TestAttrs:
    def test_it_writes_attributes(self) -> None:
        attrs = Attrs({"class": "card", "data-id": 7, "hidden": True, "id": None, "open": False, "title": ""})
        assert str(attrs) == 'class="card" data-id="7" hidden title=""'
        assert attrs.__html__() == str(attrs)
        assert isinstance(attrs.__html__(), Markup)
        assert str(Attrs()) == str(Attrs(id=None)) == ""

    def test_values_are_escaped(self) -> None:
        assert str(Attrs(title="<\"&'>")) == 'title="&lt;&#34;&amp;&#39;&gt;"'

    def test_markup_is_not_escaped_twice_and_cannot_end_the_value(self) -> None:
        assert str(Attrs(title=Markup('a &amp; <b class="x">'))) == 'title="a &amp; <b class=&#34;x&#34;>"'

    @pytest.mark.parametrize(
        ("keyword_name", "name"),
        [("class_", "class"), ("hx_get", "hx-get"), ("for_", "for"), ("aria_label", "aria-label"), ("_", "_")],
    )
    def test_keywords(self, keyword_name: str, name: str) -> None:
        assert list(Attrs(**{keyword_name: "x"})) == [name]

    @pytest.mark.parametrize("name", ["@click", ":class", "x-on:click.prevent", "data_id", "_", "été", "viewBox"])
    def test_names_of_a_mapping_are_verbatim(self, name: str) -> None:
        assert str(Attrs({name: "x"})) == f'{name}="x"'

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "a b",
            "a\tb",
            "a\nb",
            'a"',
            "a'",
            "a=b",
            "a>",
            "<a",
            "a/b",
            "a\x00",
            "a\x7f",
            "a\x85",
            "a\u2003b",
            3,
        ],
    )
    def test_bad_names_are_refused(self, name: Any) -> None:
        for value in ("x", None):
            with pytest.raises(ValueError) as caught:
                Attrs({name: value})
            assert str(caught.value) == f"{name!r} cannot be the name of an HTML attribute"
        with pytest.raises(ValueError):
            Attrs()({name: "x"})
        with pytest.raises(ValueError):
            Attrs() | {name: "x"}

    def test_calling_it_gives_defaults(self) -> None:
        given = Attrs(class_="wide", id="mine", hx_get="/x")
        merged = given(class_="card", id="default", role="note")
        assert dict(merged) == {"class": "card wide", "id": "mine", "role": "note", "hx-get": "/x"}
        assert given({"class": "card"}) == given(class_="card")
        assert given() == given
        assert dict(given) == {"class": "wide", "id": "mine", "hx-get": "/x"}

    def test_what_the_caller_refuses_stays_away(self) -> None:
        assert str(Attrs(id=None, hidden=False)(id="x", hidden=True)) == ""

    def test_what_is_undefined_is_not_written(self) -> None:
        assert str(Attrs(id=Undefined(name="x"), role="note")) == 'role="note"'
        assert str(Attrs(class_=Undefined(name="x"))(class_="card")) == 'class="card"'
        with pytest.raises(UndefinedError, match="'x' is undefined"):
            str(Attrs(id=StrictUndefined(name="x")))

    def test_parts_of_it(self) -> None:
        attrs = Attrs({"id": "a", "class": "b", "hx-get": "/x"})
        assert str(attrs.without("class", "nope")) == 'id="a" hx-get="/x"'
        assert str(attrs.only("hx-get", "id", "nope")) == 'id="a" hx-get="/x"'
        assert attrs.without() == attrs
        assert attrs.only() == Attrs()
        assert str(attrs) == 'id="a" class="b" hx-get="/x"'

    def test_or(self) -> None:
        assert dict(Attrs(class_="a", id="1") | {"class": "b", "id": "2"}) == {"class": "a b", "id": "2"}
        assert dict({"class": "a", "id": "1"} | Attrs(class_="b")) == {"class": "a b", "id": "1"}
        assert isinstance({} | Attrs(), Attrs)

    @pytest.mark.parametrize(
        ("default", "given", "joined"),
        [
            ("a", "b", "a b"),
            ("a", None, "a"),
            ("a", False, "a"),
            (None, "b", "b"),
            (True, "b", "b"),
            (None, None, None),
            (None, True, True),
            ("a", 3, "a 3"),
            ("[&>p]:m-0", "b", "[&>p]:m-0 b"),
            (Markup("a&amp;b"), "c&d", Markup("a&amp;b c&amp;d")),
        ],
    )
    def test_classes_are_joined(self, default: object, given: object, joined: object) -> None:
        merged = Attrs(class_=given)(class_=default)["class"]
        assert merged == joined
        assert isinstance(merged, Markup) == isinstance(joined, Markup)

    def test_it_is_a_mapping(self) -> None:
        attrs = Attrs(class_="card", id="x")
        assert attrs.get("class") == attrs["class"] == "card"
        assert attrs.get("role") is None
        assert "id" in attrs
        assert "role" not in attrs
        assert (list(attrs), len(attrs), dict(**Attrs(id="x"))) == (["class", "id"], 2, {"id": "x"})
        assert attrs
        assert not Attrs()
        assert attrs == {"class": "card", "id": "x"}
        assert Attrs(attrs) == attrs
        assert repr(attrs) == "Attrs({'class': 'card', 'id': 'x'})"

    def test_it_is_immutable_and_hashable(self) -> None:
        given = {"id": "x"}
        attrs: Any = Attrs(given)
        given["id"] = "y"
        assert attrs["id"] == "x"
        with pytest.raises(TypeError):
            attrs["id"] = "y"
        with pytest.raises(AttributeError):
            attrs.other = 1
        assert len({Attrs(id="x", role="y"), Attrs(role="y", id="x")}) == 1

    def test_copies_and_pickles(self) -> None:
        attrs = Attrs(id="x")
        assert pickle.loads(pickle.dumps(attrs)) == copy.deepcopy(attrs) == attrs

    @pytest.mark.parametrize("environment", [Environment(autoescape=True), SandboxedEnvironment(autoescape=True)])
    def test_in_a_template(self, environment: Environment) -> None:
        template = environment.from_string(
            '<a {{ attrs }}><b {{ attrs(class="card", data_id=1) }}>{{ attrs.class }}{{ "id" in attrs }}'
        )
        assert template.render(attrs=Attrs(class_="<w>")) == (
            '<a class="&lt;w&gt;"><b class="card &lt;w&gt;" data-id="1">&lt;w&gt;False'
        )


def test_annotations_of_python_3_14(monkeypatch: pytest.MonkeyPatch) -> None:
    """There, what cannot be resolved comes as a `ForwardRef`."""
    monkeypatch.setattr(
        component_module,
        "_annotations",
        lambda cls: {"a": typing.ForwardRef("ClassVar[X]"), "attrs": typing.ForwardRef("Attrs")},
    )
    card = make(attrs=Attrs())
    assert names(declaration(card).fields) == ["attrs"]


def test_the_documented_examples_run() -> None:
    import doctest

    def failures() -> Iterator[int]:
        for test in doctest.DocTestFinder().find(component_module):
            yield doctest.DocTestRunner().run(test).failed

    assert sum(failures()) == 0
