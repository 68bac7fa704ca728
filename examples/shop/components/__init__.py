"""The shop's components, by subject: the layout, the goods, what people say of them, and what they ordered."""
