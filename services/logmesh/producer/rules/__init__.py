"""Rules on the way: what records are left out, thinned, renamed, redacted or limited before they are spooled.

rules file (TOML) ─► reading ─► Rules:  chunk ─► view ─► for each rule: matching (its filter) ─► its action ─► chunk
                        `─► RulesFile, which reads the file again when it has changed
"""

from logmesh.producer.rules.errors import RulesError
from logmesh.producer.rules.reading import read_rules
from logmesh.producer.rules.rules import Applied, Rule, Rules
from logmesh.producer.rules.rules_file import RulesFile

__all__ = ["Applied", "Rule", "Rules", "RulesError", "RulesFile", "read_rules"]
