"""The shop's tables. No relationships: a component loads what it needs, and nothing is fetched behind its back."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Category(Base):
    __tablename__ = "category"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    blurb: Mapped[str]


class Brand(Base):
    __tablename__ = "brand"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    town: Mapped[str]
    founded: Mapped[int]


class Promotion(Base):
    """What a brand takes off all its prices; most brands have none."""

    __tablename__ = "promotion"
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"), primary_key=True)
    name: Mapped[str]
    percent: Mapped[int]


class Product(Base):
    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), index=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"), index=True)
    icon: Mapped[str]
    name: Mapped[str]
    blurb: Mapped[str]
    price: Mapped[int]  # in pence
    stock: Mapped[int]
    added: Mapped[date]


class Specification(Base):
    __tablename__ = "specification"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    name: Mapped[str]
    value: Mapped[str]


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    town: Mapped[str]
    joined: Mapped[date]


class Delivery(Base):
    """How an order reaches a town."""

    __tablename__ = "delivery"
    town: Mapped[str] = mapped_column(primary_key=True)
    carrier: Mapped[str]
    days: Mapped[int]
    price: Mapped[int]  # in pence


class Review(Base):
    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    stars: Mapped[int]
    title: Mapped[str]
    text: Mapped[str]
    written: Mapped[date] = mapped_column(index=True)


class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    placed: Mapped[date]
    delivered: Mapped[bool]


class OrderLine(Base):
    __tablename__ = "order_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    quantity: Mapped[int]
    price: Mapped[int]  # in pence, as it was on the day

    @property
    def total(self) -> int:
        return self.quantity * self.price


class Shipment(Base):
    """Where an order that is under way has got to."""

    __tablename__ = "shipment"
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True)
    carrier: Mapped[str]
    code: Mapped[str]
    stage: Mapped[int]  # 1 packed, 2 collected, 3 out for delivery
    expected: Mapped[date]
