"""The notifier tells: pages people by every channel they have, one after the other, until somebody acknowledges.

hears    intake (reported, resolved, closed, asked for), router (who is on it), escalation (clocks, escalations)
decides  whom to page where nobody was named, by which channel next, whether a page is still wanted
says     `page.requested` `.sent` `.delivered` `.failed` `.acknowledged` `.declined` `.exhausted` `.cancelled`
owns     pages, attempts, the mailbox, the secret that signs links
never    is silent: where nobody is left to page, the duty manager is; a page is sent twice rather than not at all
"""
