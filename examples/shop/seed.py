"""The shop's goods, customers and their opinions: made up from one seed, so that every clone has the same shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, product
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from examples.shop.models import (
    Brand,
    Category,
    Delivery,
    Order,
    OrderLine,
    Product,
    Promotion,
    Review,
    Shipment,
    Specification,
    User,
)

Rows = list[dict[str, Any]]

TODAY = date(2025, 11, 3)
USERS = 320
PRODUCTS_PER_CATEGORY = 48
REVIEWS = 3000
ORDERS = 1200


def fill(session: Session) -> None:
    """Add every row of the shop to empty tables."""
    random = Random(20)
    brands, promotions = make_brands(random)
    products = make_products(random, brands)
    users = make_users(random)
    orders, lines, shipments = make_orders(random, users, products)
    tables: list[tuple[type, Rows]] = [
        (Category, make_categories()),
        (Brand, brands),
        (Promotion, promotions),
        (Product, products),
        (Specification, make_specifications(random, products)),
        (User, users),
        (Delivery, make_deliveries(random)),
        (Order, orders),
        (OrderLine, lines),
        (Shipment, shipments),
        (Review, make_reviews(random, users, products, orders, lines)),
    ]
    for table, rows in tables:
        session.execute(insert(table), rows)


def make_categories() -> Rows:
    return [
        {"id": number, "slug": slug, "name": name, "blurb": blurb}
        for number, (slug, name, blurb, _) in enumerate(CATEGORIES, 1)
    ]


def make_brands(random: Random) -> tuple[Rows, Rows]:
    brands = [
        {"id": number, "name": name, "town": random.choice(TOWNS), "founded": random.randint(1890, 2019)}
        for number, name in enumerate(BRANDS, 1)
    ]
    reduced = sorted(random.sample(range(1, len(BRANDS) + 1), len(BRANDS) // 3))
    names = ["Autumn sale", "Clearing the shelves", "Anniversary", "Maker of the month"]
    promotions = [
        {"brand_id": brand, "name": random.choice(names), "percent": random.choice([10, 15, 20, 25, 30])}
        for brand in reduced
    ]
    return brands, promotions


def make_products(random: Random, brands: Rows) -> Rows:
    rows: Rows = []
    for category, (slug, _, _, things) in enumerate(CATEGORIES, 1):
        manners = [*LOOKS, *MAKES]
        names = random.sample(list(product(manners, things)), PRODUCTS_PER_CATEGORY)
        for manner, (thing, pounds) in names:
            price = int(pounds * random.uniform(0.7, 1.6)) * 100 + random.choice([0, 50, 95, 99])
            rows.append(
                {
                    "id": len(rows) + 1,
                    "category_id": category,
                    "brand_id": random.choice(brands)["id"],
                    "icon": slug,
                    "name": f"{manner} {thing}",
                    "blurb": f"{random.choice(OPENINGS)} {random.choice(MIDDLES)} {random.choice(ENDINGS)}",
                    "price": price,
                    "stock": random.choice([0, 0, 1, 2, 3, *range(5, 60, 5)]),
                    "added": TODAY - timedelta(days=random.randint(1, 900)),
                }
            )
    return rows


def make_specifications(random: Random, products: Rows) -> Rows:
    rows: Rows = []
    for row in products:
        facts = {
            "Material": random.choice(MATERIALS),
            "Colour": random.choice(COLOURS),
            "Size": " × ".join(str(random.randint(4, 60)) for _ in range(3)) + " cm",
            "Weight": f"{random.randint(1, 80) / 10:.1f} kg",
            "Made in": random.choice(TOWNS),
            "Guarantee": f"{random.choice([1, 2, 3, 5, 10])} years",
        }
        for name in random.sample(sorted(facts), random.randint(4, 6)):
            rows.append({"id": len(rows) + 1, "product_id": row["id"], "name": name, "value": facts[name]})
    return rows


def make_users(random: Random) -> Rows:
    names = random.sample(list(product(FIRST_NAMES, LAST_NAMES)), USERS)
    return [
        {
            "id": number,
            "name": f"{first} {last}",
            "town": random.choice(TOWNS),
            "joined": TODAY - timedelta(days=random.randint(400, 3000)),
        }
        for number, (first, last) in enumerate(names, 1)
    ]


def make_deliveries(random: Random) -> Rows:
    return [
        {
            "town": town,
            "carrier": random.choice(CARRIERS),
            "days": random.randint(1, 5),
            "price": random.choice([0, 250, 395, 495]),
        }
        for town in TOWNS
    ]


def make_orders(random: Random, users: Rows, products: Rows) -> tuple[Rows, Rows, Rows]:
    orders: Rows = []
    lines: Rows = []
    shipments: Rows = []
    for number, user in zip(range(1, ORDERS + 1), buyers(random, users), strict=False):
        age = random.randint(0, 5) if random.random() < 0.1 else random.randint(6, 380)
        delivered = age > 5
        placed = TODAY - timedelta(days=age)
        orders.append({"id": number, "user_id": user["id"], "placed": placed, "delivered": delivered})
        for row in random.sample(products, random.choice([1, 1, 2, 2, 3, 4])):
            lines.append(
                {
                    "id": len(lines) + 1,
                    "order_id": number,
                    "product_id": row["id"],
                    "quantity": random.choice([1, 1, 1, 2, 3]),
                    "price": row["price"],
                }
            )
        if not delivered:
            shipments.append(
                {
                    "order_id": number,
                    "carrier": random.choice(CARRIERS),
                    "code": f"{random.choice('ABCDEFGH')}{random.randint(10**6, 10**7 - 1)}",
                    "stage": random.randint(1, 3),
                    "expected": placed + timedelta(days=random.randint(3, 9)),
                }
            )
    return orders, lines, shipments


def buyers(random: Random, users: Rows) -> Iterator[dict[str, Any]]:
    """Each user once, so that every history holds something; the first ones, who are on show, more often."""
    yield from users
    for _ in count():
        yield random.choice(users[:12] if random.random() < 0.15 else users)


def make_reviews(random: Random, users: Rows, products: Rows, orders: Rows, lines: Rows) -> Rows:
    """Two in five by somebody who bought the thing. Every seventeenth product has none yet."""
    buyer = {order["id"]: order["user_id"] for order in orders}
    bought = [(buyer[line["order_id"]], line["product_id"]) for line in lines]
    unheard = {row["id"] for row in products if row["id"] % 17 == 0}
    quality = {row["id"]: random.choice([2.9, 3.4, 3.8, 4.1, 4.3, 4.5, 4.8]) for row in products}
    reviewed: set[tuple[int, int]] = set()
    rows: Rows = []
    while len(rows) < REVIEWS:
        pair = random.choice(bought) if random.random() < 0.4 else (random.choice(users)["id"], popular(random))
        if pair in reviewed or pair[1] in unheard:
            continue
        reviewed.add(pair)
        stars = min(5, max(1, round(random.gauss(quality[pair[1]], 0.9))))
        title, texts = OPINIONS[stars]
        rows.append(
            {
                "id": len(rows) + 1,
                "product_id": pair[1],
                "user_id": pair[0],
                "stars": stars,
                "title": random.choice(title),
                "text": " ".join(random.sample(texts, random.randint(1, 2)) + random.sample(ASIDES, 1)),
                "written": TODAY - timedelta(days=random.randint(0, 700)),
            }
        )
    return rows


def popular(random: Random) -> int:
    """The id of some product; the first of each category are reviewed more than the last."""
    place = int(PRODUCTS_PER_CATEGORY * random.random() ** 1.6)
    return random.randrange(len(CATEGORIES)) * PRODUCTS_PER_CATEGORY + place + 1


CATEGORIES: list[tuple[str, str, str, list[tuple[str, int]]]] = [
    (
        "kitchen",
        "Kitchen",
        "Pots, pans and what to stir them with.",
        [("saucepan", 45), ("teapot", 30), ("bread tin", 14), ("pepper mill", 26), ("mixing bowl", 18), ("ladle", 9)],
    ),
    (
        "lighting",
        "Lighting",
        "For reading, for dinner, and for finding the stairs.",
        [("desk lamp", 60), ("lantern", 28), ("pendant", 95), ("night light", 17), ("floor lamp", 140)],
    ),
    (
        "garden",
        "Garden",
        "Tools that outlast the shed they hang in.",
        [("trowel", 12), ("watering can", 32), ("spade", 40), ("bird table", 48), ("plant pot", 15), ("secateurs", 35)],
    ),
    (
        "books",
        "Books",
        "Paper, well bound, on things worth knowing.",
        [("atlas", 42), ("cookery book", 24), ("field guide", 19), ("songbook", 16), ("history", 28)],
    ),
    (
        "toys",
        "Toys",
        "No batteries. Several have wheels.",
        [("railway", 65), ("kite", 22), ("puppet", 18), ("building set", 38), ("spinning top", 9)],
    ),
    (
        "audio",
        "Audio",
        "Things that make a good noise, and things that keep one in.",
        [("headphones", 120), ("radio", 85), ("turntable", 260), ("loudspeaker", 180), ("microphone", 95)],
    ),
    (
        "bags",
        "Bags",
        "To work, to school, to sea.",
        [("satchel", 88), ("rucksack", 75), ("tote", 24), ("sponge bag", 20), ("suitcase", 150)],
    ),
    (
        "clocks",
        "Clocks",
        "They tick. Some of them chime.",
        [("wall clock", 55), ("alarm clock", 32), ("kitchen timer", 16), ("wristwatch", 145), ("carriage clock", 190)],
    ),
    (
        "cycling",
        "Cycling",
        "For the road, the towpath and the rain.",
        [("saddle", 68), ("bell", 12), ("pannier", 58), ("helmet", 62), ("pump", 24), ("rain cape", 49)],
    ),
    (
        "stationery",
        "Stationery",
        "Write it down.",
        [("notebook", 11), ("fountain pen", 46), ("pencil case", 15), ("letter set", 13), ("desk diary", 22)],
    ),
    (
        "textiles",
        "Textiles",
        "Woven, knitted and quilted.",
        [("blanket", 78), ("cushion", 34), ("tea towel", 9), ("tablecloth", 44), ("rug", 160)],
    ),
    (
        "outdoors",
        "Outdoors",
        "Weather is not an excuse.",
        [("tent", 240), ("flask", 26), ("camp stove", 58), ("hammock", 70), ("compass", 30), ("sleeping bag", 115)],
    ),
]

BRANDS = [
    "Alder & Ash",
    "Brackenfield",
    "Brown & Sons",
    "Calloway",
    "Dunmore",
    "Eastgate Works",
    "Fenwick's",
    "Grey Heron",
    "Hollis",
    "Ironbridge",
    "Juniper Row",
    "Kestrel",
    "Larkspur",
    "Marl & Moss",
    "North Quay",
    "O'Dowd",
    "Penhallow",
    "Quince",
    "Rook & Crane",
    "Saltmarsh",
    "Thistledown",
    "Umber",
    "Wexcombe",
    "Yarrow",
]
LOOKS = ["Blue", "Plain", "Striped", "Little", "Tall", "Folding", "Everyday", "Sunday"]
MAKES = ["Oak", "Enamel", "Brass", "Linen", "Walnut", "Copper", "Canvas", "Slate"]
MATERIALS = ["Oak", "Beech", "Enamelled steel", "Brass", "Linen", "Wool", "Recycled aluminium", "Stoneware", "Cork"]
COLOURS = ["Midnight blue", "Chalk", "Moss", "Rust", "Charcoal", "Butter", "Sea green", "Natural"]
CARRIERS = ["Pigeon Post", "Swift & Sure", "Milk Float Express", "Canal Freight"]
TOWNS = ["Alnwick", "Bath", "Cardiff", "Derby", "Exeter", "Fort William", "Galway", "Hull", "Inverness", "Kendal"]
FIRST_NAMES = (
    "Ada Amir Beatrix Carlos Chidi Dagny Elif Esther Farid Greta Hana Ines Ivo Jamal Kaia Lars Lucía Mei Milo Nadia "
    "Noor Olu Paula Priya Quentin Rosa Sami Sigrid Tomasz Uma Viktor Wanjiru Xavi Yuki Zeynep Zoë"
).split()
LAST_NAMES = [
    *"Abara Bergström Castillo Demir Eriksen Fontaine Grant Haddad Ivanova Jensen Kowalski Lindqvist Mbeki".split(),
    *"Nakamura O'Neil Petrov Quiroga Rahman Silva Tanaka Ueda Varga Whitfield Xu Yilmaz Zhang".split(),
]

OPENINGS = [
    "Made slowly, in small batches.",
    "The one we use ourselves.",
    "A plain thing done properly.",
    "Drawn in 1934 and not improved since.",
    "Built to be mended.",
]
MIDDLES = [
    "The joints are pegged rather than glued, and it shows after ten years.",
    "It weighs a little more than you expect and lasts a good deal longer.",
    "Each one is finished by hand, so no two are quite alike.",
    "The finish darkens with use; we think it gets better.",
    "Every part can be ordered singly, down to the last screw.",
]
ENDINGS = [
    "Wipe with a dry cloth.",
    "Comes in a box worth keeping.",
    "Makes a good present for somebody who says they need nothing.",
    "Not suitable for dishwashers, or for the impatient.",
    "If it breaks within the guarantee, we mend it.",
]
OPINIONS: dict[int, tuple[list[str], list[str]]] = {
    1: (
        ["Back it goes", "Not for me", "Disappointed"],
        ["It arrived in two pieces and it is a one-piece item.", "The colour is nothing like the picture."],
    ),
    2: (
        ["Could be better", "Rather dear", "Hm"],
        ["It does the job, just not well.", "Smaller than I had hoped: 10 cm < 12 cm, whatever the label says."],
    ),
    3: (
        ["Fine", "Does what it says", "Middling"],
        ["Neither good nor bad.", "Sturdy enough, though the finish is rough underneath."],
    ),
    4: (
        ["Very good", "Pleased with it", "Nearly perfect"],
        ["Well made & nicely packed.", "I'd buy it again; one star off for the instructions."],
    ),
    5: (
        ["Splendid", "A joy", "Worth every penny", 'The word is "perfect"'],
        ["I use it every day and think of it on the others.", "My mother has stolen it, so I am ordering a second."],
    ),
}
ASIDES = [
    "The dog likes it too.",
    "Delivery was quick.",
    "The box was as big as a fridge.",
    "Bought as a present.",
    "I have had it for a year now.",
    "It replaced one from 1978.",
    "",
]
