"""Every rule that needs only the question, in the order in which flaws are told. Documents and tests enumerate it."""

from domain.linter import cues, options, stems
from domain.linter.flaw import Rule, Severity

ITEM_RULES: tuple[Rule, ...] = (
    Rule("option-count", Severity.ERROR, "H", options.option_count),
    Rule("one-key", Severity.ERROR, "H", options.one_key),
    Rule("options-differ", Severity.ERROR, "H", options.options_differ),
    Rule("combined-options", Severity.ERROR, "H, S", options.combined_options),
    Rule("question-form", Severity.ERROR, "H", stems.question_form),
    Rule("source-reference", Severity.ERROR, "ours", stems.source_reference),
    Rule("options-alike", Severity.WARNING, "H", options.options_alike),
    Rule("key-longest", Severity.WARNING, "H, N, S", cues.key_longest),
    Rule("key-echo", Severity.WARNING, "N, S", cues.key_echo),
    Rule("article-cue", Severity.WARNING, "N, S", cues.article_cue),
    Rule("negative-stem", Severity.WARNING, "H, N, S", stems.negative_stem),
    Rule("absolutes", Severity.WARNING, "H, N, S", options.absolutes),
    Rule("blank-mid-stem", Severity.WARNING, "H, N, S", stems.blank_mid_stem),
    Rule("long-stem", Severity.INFO, "H, N, S", stems.long_stem),
    Rule("option-spread", Severity.INFO, "H, N, S", options.option_spread),
    Rule("vague-frequency", Severity.INFO, "H, N, S", options.vague_frequency),
)
