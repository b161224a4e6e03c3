"""How long one request is tried: the wait before its next try, or that there is none."""

from dataclasses import dataclass

from .errors import THROTTLES, Action, TikTokError, TimedOut

TRIES = 10
_LONGEST_WAIT = 300.0
_GROWTH = 2.0
_LONGEST_SHORT_WAIT = 30.0
_SHORT_GROWTH = 1.3
# Who is told to come back only later than this gives up: the state says where to go on, or somebody waits.
_LONGEST_RETRY_AFTER = 7200.0
_LONGEST_FOR_SOMEBODY = 60.0


@dataclass
class RetryBudget:
    """What one request may cost, and what it has cost so far; limits of the rule itself apply too.

    `hung` says that an attempt was given up early because no byte came.
    With fewer attempts than usual somebody waits for the answer: then neither a lockout nor maintenance is sat out.
    """

    attempts: int = TRIES
    server_attempts: int = TRIES
    repeat_timeouts: bool = False
    tries: int = 0
    server_faults: int = 0
    refusals: int = 0
    seconds: float = 0.0
    hung: bool = False

    def wait_after(self, error: TikTokError, chance: float) -> float | None:
        """Seconds before the next try after this error, `None` when there is none; `chance` (0 to 1) is the jitter."""
        jitter = 0.75 + 0.5 * chance
        wait = self._throttled(error) if error.action in THROTTLES else self._failed(error)
        if wait is None or error.retry_after > (_LONGEST_FOR_SOMEBODY if self.interactive else _LONGEST_RETRY_AFTER):
            return None
        wait = max(wait * jitter, error.retry_after)
        self.seconds += wait
        return wait

    def _throttled(self, error: TikTokError) -> float | None:
        """A refusal for speed only delays, so it is no try; brakes and pauses are the governor's."""
        self.refusals += 1
        if self.refusals >= error.rule.tries or (error.action is Action.PAUSE and self.interactive):
            return None
        return min(_SHORT_GROWTH**self.refusals, _LONGEST_SHORT_WAIT) if error.action is Action.SLOW else 0.0

    def _failed(self, error: TikTokError) -> float | None:
        rule = error.rule
        if error.action is not Action.RETRY and not (self.repeat_timeouts and isinstance(error, TimedOut)):
            return None
        self.tries += 1
        self.server_faults += error.server_fault
        # A rule with more tries than usual (maintenance) has its own patience.
        tries = rule.tries if rule.tries > TRIES and not self.interactive else min(rule.tries, self.attempts)
        if self.tries >= tries or self.server_faults >= self.server_attempts or self.seconds >= rule.seconds:
            return None
        return min(rule.first_wait * _GROWTH ** min(self.tries - 1, 20), _LONGEST_WAIT)

    @property
    def interactive(self) -> bool:
        """Whether somebody waits for the answer."""
        return self.attempts < TRIES
