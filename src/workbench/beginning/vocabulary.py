"""What a question is about: the words of the catalogue's constructs, in English and French.

Each construct has patterns with a weight; a question belongs to the construct whose patterns weigh
most in its wording. Employees and clients are asked about different things, so a source speaks of
the constructs of one of them, which its questions' words tell.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from workbench.study.names import without_accents

Asked = Literal["employees", "clients"]

LEAST = 2
"""Weight from which a wording tells its construct."""

_OF_EMPLOYEES = {
    "people": (
        (3, r"engagement|proud|fiere?|fierte|pride|(?:satisf\w+|happy) with (?:my|your|their) "
            r"(?:job|work|organi[sz]ation|agency|department)|job satisfaction"
            r"|satisf\w+ (?:de|au|dans) "
            r"(?:mon|votre|son) (?:travail|emploi)|satisf\w+ au travail|place to work"
            r"|global satisfaction|loyal to"),
        (2, r"(?:my|your|the) work (?:gives|makes|is|inspires)|energy|motivat\w+|commit\w+"
            r"|enthusias\w+|accomplishment|inspire\w*|attached|attache\w*|recommander?\w* .*"
            r"(?:travailler|employeur)|recommend .*work|sens a (?:mon|mes)|look forward"
            r"|every working day|belong\w*|appartenance"),
    ),
    "retention": (
        (3, r"intend to (?:stay|leave|work)|looking for (?:a |another )?job|leave (?:my|the|this) "
            r"(?:job|organi[sz]ation|agency|department)|stay(?:ing)? (?:with|in|at)|turnover"
            r"|quitter|rester (?:dans|chez|au)|chercher? un autre emploi|job elsewhere"),
    ),
    "strategic_leadership": (
        (3, r"senior (?:lead\w+|manage\w+|executives?|officials?)|executives?|leaders lead"
            r"|leadership and managing change|heads? of|direction generale|haute direction"
            r"|dirigeant\w*|top management|strategic"),
        (2, r"vision|(?:clear )?direction|leaders of|managing change|cadres superieurs"),
    ),
    "operational_leadership": (
        (3, r"(?:my|your|immediate|line|direct|the) (?:supervisor|manager|boss)|supervisors?"
            r"|my manager|team leader|superieur\w* (?:immediat|hierarchique|direct)"
            r"|(?:mon|votre) (?:superieur|responsable|chef|gestionnaire)"),
    ),
    "political_leadership": ((3, r"politic\w+|minister\b|those who govern|elus|ministre\b"),),
    "collaborative_leadership": (
        (4, r"leaders .*(?:partners|other organi[sz]ations)|dirigeants .*partenaires"),
    ),
    "leadership": ((2, r"leaders?(?:hip)?|leadership|management"),),
    "internal_quality": (
        (3, r"tools?|equipment|resources|training i (?:need|receive)|receive .*training|workload"
            r"|systems i need|materials?|outils?|equipements?|ressources|charge de travail"
            r"|moyens (?:necessaires|dont)"),
        (2, r"support i need|training|what we need|formation"),
    ),
    "recognition": (
        (3, r"recogni[sz]\w+|thank\w*|rewarded|appreciated|good work is|valued|pay and benefits"
            r"|reconn\w+|remercie\w*|recompens\w+|valorise\w*|feel appreciated|noticed"),
    ),
    "development": (
        (3, r"learning and development|career|develop my|my skills|promot\w+|opportunit\w+ to "
            r"(?:learn|grow|improve|advance)|better position|carriere|developper mes|avancement"
            r"|perfectionnement|competences"),
    ),
    "collaboration": (
        (3, r"my team|people i work with|co-?workers|colleagues?|teams? (?:here )?work|teamwork"
            r"|partners outside|work well with|share what we know|collabor\w+|cooperat\w+"
            r"|travail d'equipe|collegues|mon equipe|partage\w* .*equipes"),
    ),
    "innovation": (
        (3, r"innovat\w+|new (?:ideas|ways)|trying something|trying out|creativ\w+"
            r"|nouvelles (?:idees|facons)|innovant\w*"),
    ),
    "productivity": (
        (3, r"productiv\w+|done on time|time and budget|gets? .*work done|efficien\w+ .*team"
            r"|dans les delais"),
    ),
    "insight": (
        (3, r"know .*(?:clients?|customers?|users?) need|clients tell us|feedback from (?:clients"
            r"|customers)|from data what|besoins des (?:usagers|clients)"),
    ),
    "co_creation": (
        (3, r"together with those who use|co-?(?:design|creat)\w*|clients take part"
            r"|avec (?:les|ses|nos) usagers"),
    ),
    "simpler_processes": (
        (3, r"(?:forms?|rules|procedures?) .*(?:simple\w*|needed)|red tape|simplif\w+"
            r"|bureaucra\w+"),
    ),
}  # fmt: skip
_OF_CLIENTS = {
    "trust": (
        (4, r"trust(?:ed|s|ing|worthy)?|mistrust|distrust|confiance|mefian\w+"),
        (3, r"confiden(?:t|ce)|keeps? (?:its|their) promises|acts? in (?:our|my|the public|your)"
            r"|tient ses promesses|promesses|interet (?:general|public)|agit dans"),
    ),
    "reputation": (
        (3, r"reputation|in general .*services|image of|services? .*in general|serve the public"
            r"|renommee|services? .*en general"),
    ),
    "loyalty": (
        (3, r"recommend\w*|speak well|come (?:to .*|back )?again|use .* again|return to|remain"
            r"|net promoter|nps|recommander\w*|revien\w+|reviendr\w+|utiliser\w* a nouveau"
            r"|dire du bien|place to live"),
    ),
    "complaints": (
        (3, r"compla(?:in|int)\w*|bad experience|plaint\w*|plaindre|reclam\w+"),
    ),
    "expectations": (
        (4, r"(?:before|beforehand) .*(?:expect|sure)|did you expect|expected .*to be|expectations?"
            r"|attendiez|attentes? avant|avant .*attend\w*|(?:vos|mes) attentes"),
    ),
    "value": (
        (4, r"value for|worth (?:the|it)|service was worth|tax(?:es)? dollars?|rapport qualite"
            r"|en valai\w*|vaut (?:le|la|l')|valeur (?:pour|recue)"),
    ),
    "price": (
        (3, r"fees?|price|costs?|took a lot of my time|prix|tarifs?|frais|couts?"),
    ),
    "website": ((3, r"web ?sites?|website|online|site (?:web|internet)|en ligne|portal|app\b"),),
    "information": (
        (3, r"information|communicat\w+|clear explanations?|informe\w*|renseignements"
            r"|keep(?:ing|s)? .*informed"),
    ),
    "access": (
        (3, r"access\w*|easy to (?:find|reach|contact|get)|eas[ey] (?:of|to) (?:reach|contact)\w*"
            r"|opening hours|hours|convenien\w+|where to turn|phone|heures d'ouverture|horaires"
            r"|joindre|facile a (?:trouver|joindre|contacter)|acces\w*|facilement"),
    ),
    "timeliness": (
        (3, r"timel\w+|wait(?:ed|ing|s)?|prompt\w*|speed|time it took|reasonable time|amount of "
            r"time|how long|attente|delais?|rapid\w+|temps (?:d'attente|pris|necessaire)|quick\w*"),
    ),
    "knowledge": (
        (3, r"knowledg\w+|competen\w+|knew|answers i could|well informed staff|expertise"
            r"|connaiss\w+|savai\w+"),
    ),
    "courtesy": (
        (3, r"courte\w+|polite\w*|friendl\w+|extra mile|(?<!fait )(?<!font )(?<!faire )respect\w*"
            r"|rude|kind\b|pleasant"
            r"|poli(?:e?s?|ment|tesse)|aimable\w*|amabilite|courtois\w*|accueil\w*|bienveillan\w+|ecout\w+|listen\w*"),
    ),
    "fairness": (
        (3, r"fair(?:ly|ness)?|equal(?:ly)?|unfair\w*|like anyone else|point of view|equit\w+"
            r"|juste(?:ment)?|meme maniere"),
    ),
    "outcome": (
        (3, r"got what i|what i needed|in the end|problem (?:was )?(?:solved|resolved)|right the "
            r"first|resol\w+|obtenu|au bout du compte|finalement|regle\w* (?:mon|votre)"),
    ),
    "process": (
        (3, r"procedure|process|steps|demarches?|procedures?|formalites"),
    ),
    "customer_service": (
        (3, r"customer service|helpful\w*|professional\w*|staff you dealt|employees you"
            r"|serviable\w*|professionnel\w*|aide\w* par|agents? (?:etai\w+|ont)"),
    ),
    "quality": (
        (3, r"overall quality|quality of (?:the )?(?:service|city|municipal)\w*|how good was the"
            r"|meet your own needs|go(?:ne)? wrong|qualite (?:globale|generale|du service"
            r"|des services)"),
        (2, r"quality|qualite"),
    ),
    "service": (
        (3, r"satisf\w+ (?:with|by) (?:the |your |our |this |city |municipal )?(?:service|visit"
            r"|experience|way|help|overall)\w*|overall satisf\w+|overall,? .*satisf\w+"
            r"|satisf\w+ (?:du|des|de la|par le|par les|de ce|globale)\w* ?(?:services?|visite"
            r"|prestation)?|dissatisf\w+ with|disappointed|as i had expected|expected, or better"
            r"|best such service|decu\w*|dans l'ensemble.*satisf\w+|ideal service"),
        (5, r"(?:met|meets?|exceed\w*|(?:fell|fallen|falls) short of|below|above|beyond|up to)"
            r" .*expectations?|expectations? .*(?:met|exceeded)|repond\w* a .*attentes?"
            r"|attentes? .*(?:satisfaites?|remplies|comblees)"),
        (2, r"satisf\w+|met my needs|served well|well served|bien servi\w*|customer satisfaction"),
    ),
}  # fmt: skip

_IN_OTHERS = re.compile(
    r"\b(?:neighbou?rs?|relatives|family|friends|strangers|other (?:people|citizens)|most people"
    r"|people (?:you|i) know|religions?|voisins?|proches|famille|amis|autres citoyens"
    r"|plupart des gens|gens que (?:vous|je) \w+|inconnus)\b"
)
"""Whom people trust as people, which is no trust in an institution."""

_OF_THE_COUNTRY = re.compile(
    r"\b(?:democra\w+|elections?|climat\w*|natural resources?|ressources naturelles"
    r"|econom(?:y|ie|ic|ique)s?|inflation|stabilite des prix|(?:stable|keeping) prices"
    r"|prices stable|contrebande|smuggl\w+|guerres?|wars?|conflits? violents?|violent conflicts?)\b"
)
"""What is asked of a country rather than of its services; trust is asked of both."""

_TROUBLE = re.compile(
    r"\b(?:problem\w*|difficult\w*|trouble|bribes?|corrupt\w+|pots?-de-vin|gone without"
    r"|manque de)\b"
)

_EMPLOYEES = re.compile(
    r"\b(?:(?:my|your) (?:job|work|supervisor|manager|team|colleagues|career|workplace|immediate"
    r"|employer|co-?workers)|i work|work here|working here|place to work|our (?:team|leaders"
    r"|clients|procedures)|employee|engagement|senior leaders?|supervisors?|(?:mon|ma|votre) "
    r"(?:travail|emploi|superieur|equipe|employeur|carriere)|(?:mes|vos) collegues|au travail)\b"
)
_CLIENTS = re.compile(
    r"\b(?:service (?:you|i) received|staff (?:was|were|knew|gave)|residents?|your (?:city|visit"
    r"|local)|the city|the agency|this (?:service|organi[sz]ation|agency|office)|customer service"
    r"|i was (?:treated|served|given|kept)|waiting|appointment|patients?|usagers?|guichet"
    r"|demarches?|citizens?|tax(?:es|payers?)?|(?:ce|le) service|l'accueil|attente|trust|confiance)"
    r"\b"
)
_EMPLOYEE_NAMES = re.compile(
    r"employee|staff|personnel|agents|teacher|workforce|civil.?serv|people.?survey|fevs|csps"
    r"|employes|fonctionnaires|enseignants"
)
_CLIENT_NAMES = re.compile(
    r"client|customer|citizen|resident|user|patient|parent|public.?opinion|usager|citoyen"
    r"|habitant|household|visitor"
)


def plain(text: str) -> str:
    """A wording in lower case, without accents; names of code and numbers behind words apart.

    >>> plain("TrustAgency_2"), plain("Theme score1")
    ('trust agency 2', 'theme score 1')
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_|(?<=[A-Za-z]{3})(?=\d+\b)", " ", text.replace("’", "'"))
    return " ".join(without_accents(apart).split())


def asked_of(file: str, wordings: Iterable[str]) -> Asked:
    """Whether a file's questions were put to employees or to clients and citizens."""
    name = plain(file)
    balance = 3 * bool(_EMPLOYEE_NAMES.search(name)) - 3 * bool(_CLIENT_NAMES.search(name))
    for wording in wordings:
        text = plain(wording)
        balance += bool(_EMPLOYEES.search(text)) - bool(_CLIENTS.search(text))
    return "employees" if balance > 0 else "clients"


def constructs_of(wording: str, asked: Asked) -> dict[str, int]:
    """The constructs that a wording may be about, with the weight of its words.

    >>> constructs_of("How much do you trust this agency?", "clients")
    {'trust': 4}
    >>> constructs_of("Mon supérieur immédiat m'écoute.", "employees")
    {'operational_leadership': 3}
    """
    text = plain(wording)
    others = _IN_OTHERS.search(text)
    text = _IN_OTHERS.sub(" ", text)
    country = asked == "clients" and _OF_THE_COUNTRY.search(text)
    found = {}
    for construct, patterns in _compiled(asked):
        weight = sum(weight for weight, pattern in patterns if pattern.search(text))
        if weight >= LEAST and (construct == "trust" or not country):
            found[construct] = weight
    if others:
        found.pop("trust", None)
    return found


def tells_trouble(wording: str) -> bool:
    """Whether a question is about something bad, so that often is worse than never.

    >>> tells_trouble("Problèmes avec les centres de santé: longue attente")
    True
    """
    return bool(_TROUBLE.search(plain(wording)))


@cache
def _compiled(asked: Asked) -> tuple[tuple[str, tuple[tuple[int, re.Pattern[str]], ...]], ...]:
    table = _OF_EMPLOYEES if asked == "employees" else _OF_CLIENTS
    return tuple(
        (
            construct,
            tuple((weight, re.compile(rf"\b(?:{words})\b")) for weight, words in patterns),
        )
        for construct, patterns in table.items()
    )


def constructs(asked: Asked) -> tuple[str, ...]:
    """The constructs that employees, or clients, are asked about."""
    return tuple(_OF_EMPLOYEES if asked == "employees" else _OF_CLIENTS)


_FRENCH = re.compile(
    r"\b(?:le|la|les|des|du|est|vous|votre|je|mon|dans|avec|pour|que|une|etes|sont|ce)\b"
)
_ENGLISH = re.compile(r"\b(?:the|of|is|you|your|i|my|in|with|for|that|a|are|this|how|was|to)\b")


def is_french(wordings: Iterable[str]) -> bool:
    """Whether wordings are French rather than English."""
    text = plain(" ".join(wordings))
    return len(_FRENCH.findall(text)) > len(_ENGLISH.findall(text))
