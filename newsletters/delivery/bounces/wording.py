"""What mail systems write when they refuse: regular expressions over lower-case text, in the languages they speak.

They are what Postfix, Exim, qmail, Sendmail, Exchange, Domino, Gmail, Yahoo, Outlook.com and the large European and
Asian providers say, in their own words and in those of their translators.
"""

from __future__ import annotations

import re
from typing import Final


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


_THING = r"(?:e-?mail|user|recipient|mail ?box|address|account|addressee|alias|destinatar\w*|empf[äa]nger\w*)"

FULL: Final = _any(
    r"quota",
    r"\b(is|are) full\b|(mail)? ?folder.{0,20} full|mail ?box (is )?full|full mail ?box"
    r"|mail ?box.{0,40}\bfull\b|inbox is full|mail ?drop full",
    r"out of (storage|space|disk)|insufficient (system )?(storage|disk|space)|no space left|not enough (disk )?space",
    r"storage (space|limit|allocation)|exceeded.{0,20} storage|mail ?box size|disk full|maxmailsize",
    r"reached (its|the) (storage|size|message) limit|too much mail|over ?quota|mailbox for .{0,60} is full",
    r"postfach.{0,40}(voll|überfüllt)|speicherplatz|boîte.{0,40}pleine|buzón.{0,40}(lleno|llena)|caixa.{0,30}cheia",
    r"casella.{0,30}piena|brievenbus.{0,30}vol\b|почтовый ящик.{0,30}(переполнен|заполнен)|邮箱已满"
    r"|容量.{0,10}(超|不足)",
)
"""The mailbox has no room."""

SURELY_BLOCKED: Final = _any(
    r"spamhaus|barracuda|sorbs|\bspamcop|\bsurbl|\burib?l\b|\bdnsbl\b|\brbl\b|black ?list|block ?list|deny ?list",
    r"poor reputation|bad reputation|low reputation|(sender|ip|domain).{0,20} reputation",
    r"unsolicited|\bspam\b|\bspammy|junk|phish|virus|malware|bulk mail",
    r"\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated",
    r"\b(ip|host|client|server|network)\b.{0,60}\b(is |was |been )?(blocked|banned|listed|rejected)\b",
    r"\[(tss?|bl)0\d\]|user complaints|\bs3140\b|\bs3150\b|\bas\(\d+\)|banned sending ip|\bjmrp\b",
)
"""The message or its sender is not wanted, in words that leave no doubt."""

BLOCKED: Final = _any(
    SURELY_BLOCKED.pattern,
    r"\bblock(ed|ing)?\b|gesperrt|blockiert|bloqu[eé]|bloccat|заблокирован|拒绝|拒否",
    r"\bpolic(y|ies)\b|content (was )?(rejected|filter)|not accept.{0,30}content|prohibited|filtered",
    r"not (authori[sz]ed|allowed|permitted)|authentication (is )?required|sender.{0,30}(rejected|denied|verif)",
    r"rejected due to|(message|mail|e-?mail|transaction|delivery) (was |has been |is )?(rejected|refused|denied)",
    r"access denied|relay(ing)? (access )?denied|unable to relay|relaying not|not permitted to relay|administrative",
    r"too many complaints|service refused|restricted|only accepts? (mail|messages) from|moderat(ed|or)",
    r"contain(s|ed|ing) .{0,40}(url|link|attachment|extension)|executable|reverse dns|ptr record|helo",
)
"""Policy, content, reputation: not about the address."""

SURELY_GONE: Final = _any(
    r"nxdomain|recipnotfound|user ?unknown|unknown (local )?user"
    r"|no such (user|recipient|mailbox|account|address|person|local)",
    r"unknown or illegal alias|recipient not found|mailbox not found|address(ee)? (is )?unknown|invalid recipient",
    r"(does not|doesn'?t|doesn.t) exist|nosuchuser|no mailbox (here )?by that name"
    r"|not a (valid|known) (mailbox|user)",
    r"account.{0,60}(disabled|deactivated|closed|deleted|inactive)|user (is )?unknown|unknown recipient"
    r"|user not found",
    r"unknown (e-?mail )?address|address (was |is )?not (found|known)|couldn.t be found|wasn.t found at",
    r"(gibt es|existiert) nicht|nicht bekannt|unbekannt(er|e)? (empf|benutz|adress|nutzer)|empf[äa]nger unbekannt",
    r"n.existe pas|utilisateur inconnu|destinataire inconnu|adresse inconnue|inconnu à cette adresse",
    r"no existe|usuario desconocido|destinatario desconocido|n[ãa]o existe|usu[áa]rio desconhecido|inesistente",
    r"non esiste|utente sconosciuto|bestaat niet|onbekende? (gebruiker|ontvanger)|findes ikke|finns inte|okänd",
    r"не существует|не найден|нет такого|неизвестный (пользователь|получатель)|nie istnieje"
    r"|nieznany (odbiorca|adres)",
    r"不存在|找不到(收件人|用户|此)|没有找到|見つか(りません|らない)"
    r"|(リスト|ディレクトリ).{0,12}ありません|存在しません|宛先不明|no existeix"
    r"|ei ole olemassa|bulunamad",
)
"""The address, in words that are said of nothing else."""

GONE: Final = _any(
    SURELY_GONE.pattern,
    _THING + r"[^.;]{0,60}\b(unknown|not found|invalid|disabled|inactive|suspended|deactivated|not exist|no longer|"
    r"unavailable|expired|closed|deleted|not known|rejected|not listed|not recogni[sz]ed|undeliverable|terminated|"
    r"unrouteable|unroutable|incorrect|not valid|discontinued|abandoned|retired|not active|does ?not have)",
    r"(unknown|invalid|nonexistent|non-existent|bad destination|inactive|undeliverable|illegal|bad|wrong|disabled) "
    r"(local )?(-?part|user|recipient|mail ?box|(e-?mail )?address|account|domain|host|person|destination|alias)",
    r"no (mailbox|user|account|recipient|such)\b|not a valid (email )?address|not a user"
    r"|no longer (valid|active|works?)",
    r"could ?n[o']t be found|wasn't found|cannot find|can ?not (be )?found|could not find",
    r"(host|domain)( name)?( or domain name)? ?(lookup)? ?(was )?not found|hôte inconnu|no such (host|domain)",
    r"un-?routeable|un-?routable|name or service not known|nxdomain|couldn't find any host|any host named",
    r"null mx|no mail exchanger|has no mx|no mx|not our customer|does not (accept|receive) (any )?(e-?)?mail",
    r"does not have an account|doesn't have an? .{0,20}account|not listed in|this user doesn|user not local",
    r"isn't (a valid|found)|not in (the|my) (directory|virtual)|not our (user|address)|has moved"
    r"|left the (company|org)",
    r"no (longer|more) (with|works|employed|in use|available|on server)|unknown in (virtual|local|relay)",
    r"name server:.{0,80}host not found|domain (does not|doesn't) (exist|have)|all relevant mx records point to non-",
    r"unbekannt|ungültig|nicht (gefunden|vorhanden|mehr)|inconnu|introuvable|invalide|inv[áa]lid"
    r"|desconocid|desconhecid",
    r"sconosciut|non (trovato|valido)|onbekend|ongeldig|ukendt|ugyldig|ogiltig|tuntematon|nieznan"
    r"|nieprawidłow|neznám",
    r"неизвест|недействит|ismeretlen|необходим.{0,20}адрес|无效|無効|ユーザー不明|geçersiz|无此",
)
"""The address or its domain does not work."""

LATER: Final = _any(
    r"tempor|try(ing)? again|\blater\b|timed? ?out|time ?limit|expired|gr[ea]y ?list|delayed|retry|retries",
    r"too (large|big|many|long|busy|old)|over ?size|size limit|exceeds|exceeded|message size|maximum (size|message)",
    r"connection (was )?(refused|lost|dropped|reset|closed|timed)|unreachable|deferred|\bloop"
    r"|too many hops|hop count",
    r"unable to connect|could not connect|couldn't connect|not responding|resources|overload|rate ?limit|throttl",
    r"max(imum)? (hops|retries)|local error|i/o error|configuration|no route to host|bad gateway|unavailable",
    r"zeitüberschreitung|vorübergehend|später|plus tard|temporaire|más tarde|temporal|tijdelijk|позже"
    r"|временно|一時的|稍后",
)
"""Trouble on the way, or the message's size: it may go well another time."""
