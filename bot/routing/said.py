"""A rule in words: its conditions, and what it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.models import Label
from bot.routing import views
from bot.routing.store import Condition, Did, Rule

_NAMED: Final = frozenset({"account", "tag", "status", "assignee"})  # conditions whose values are ids


def named(rules: Sequence[Rule], names: Mapping[str, str]) -> list[Rule]:
    """The rules as they read with what things are called now, by id; what is not among `names` keeps what was typed."""

    def condition(one: Condition) -> Condition:
        shown = tuple(names.get(value, was) for value, was in zip(one.values, one.shown, strict=True))
        return one.having(shown=shown) if one.field in _NAMED else one

    def label(one: Label) -> Label:
        return one.having(name=names.get(one.id, one.name))

    return [
        one.having(
            conditions=tuple(map(condition, one.conditions)),
            tags=tuple(map(label, one.tags)),
            status=one.status and label(one.status),
        )
        for one in rules
    ]


def said_rule(rule: Rule) -> str:
    """As it is shown to one person: colleagues and user groups stand there as Slack shows them."""
    return f"{said_conditions(rule.conditions)} → {said_actions(rule)}"


def said_rules(rules: Sequence[Rule], default: str | None) -> str:
    """All rules below each other, and what becomes of the rest; `default` is NOTIFY_CHANNEL."""
    return views.rule_list([said_rule(one) for one in rules], default)


def said_conditions(conditions: Sequence[Condition]) -> str:
    return views.conditions([(one.field, one.shown) for one in conditions])


def said_actions(rule: Rule) -> str:
    """`<#C1>, assigned to <@U1> or <@U2> in turn`."""
    turns = rule.turns
    return views.actions_of(
        channel=rule.channel,
        no_card=rule.no_card,
        to=turns.to if turns else (),
        after=turns.after if turns else 0.0,
        most=turns.most if turns else None,
        mention=rule.mention,
        tags=[one.name for one in rule.tags],
        status=rule.status.name if rule.status else "",
    )


def said_did(did: Did, rules: Sequence[Rule]) -> str:
    """What a rule did with a conversation, by the number that it has now."""
    number = next((n for n, one in enumerate(rules, 1) if one.id == did.rule), None)
    return views.did(number, did.number, did.what, did.at)
