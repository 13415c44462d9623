"""Escalation insists: every promise is a clock, and whoever must know of a broken one is told.

hears    intake (reported, responded, asked, replied, resolved …), router (decisions), notifier (who has acknowledged)
decides  whether a promise was kept, what follows from a broken one, who hears of it at which level
says     `clock.started` `.warned` `.met` `.breached` `.superseded`, `escalation.raised`, `downgrade.proposed`
owns     clocks, policies (ladders), escalations, proposals
never    moves a row's target, breaches what was done in time, or lets a promise pass in silence
"""
