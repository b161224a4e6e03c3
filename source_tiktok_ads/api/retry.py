"""The retry policy of one request: how long to wait before its next attempt, and when to stop."""

from dataclasses import dataclass

from .errors import THROTTLES, Action, TikTokError, TimedOut

TRIES = 10
_LONGEST_WAIT = 300.0
_GROWTH = 2.0
_LONGEST_SHORT_WAIT = 30.0
_SHORT_GROWTH = 1.3
# A longer Retry-After ends the request: the next sync continues from the state, and a user who waits gets an answer.
_LONGEST_RETRY_AFTER = 7200.0
_LONGEST_FOR_SOMEBODY = 60.0


@dataclass
class RetryBudget:
    """How often and how long one request may be retried, and what has been used; limits of the error's rule apply too.

    `hung` is set once an attempt was given up early because no byte came. With fewer attempts than usual a user waits
    for the answer, so neither a lockout nor maintenance is waited for.
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
        """Seconds before the next attempt, or `None` for no further one; `chance` (0 to 1) is the jitter."""
        jitter = 0.75 + 0.5 * chance
        wait = self._throttled(error) if error.action in THROTTLES else self._failed(error)
        if wait is None or error.retry_after > (_LONGEST_FOR_SOMEBODY if self.interactive else _LONGEST_RETRY_AFTER):
            return None
        wait = max(wait * jitter, error.retry_after)
        self.seconds += wait
        return wait

    def _throttled(self, error: TikTokError) -> float | None:
        """A throttle only delays and counts as no attempt; the rate limiter does the pausing."""
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
        # A rule with more attempts than usual (maintenance) is not bounded by the caller's.
        tries = rule.tries if rule.tries > TRIES and not self.interactive else min(rule.tries, self.attempts)
        if self.tries >= tries or self.server_faults >= self.server_attempts or self.seconds >= rule.seconds:
            return None
        return min(rule.first_wait * _GROWTH ** min(self.tries - 1, 20), _LONGEST_WAIT)

    @property
    def interactive(self) -> bool:
        """Whether somebody waits for the answer."""
        return self.attempts < TRIES
