"""Verbs that are common in course books, with their forms. Regular ones are inflected by rule."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Verbs whose every form is recognised. Regular ones are inflected by rule.
_VERBS = _set(
    "fake restrict hinder listen smile laugh cry sleep wake dress borrow cease chew climb commit compensate "
    "complain complicate comprehend conceal condemn confuse consult correlate correspond count criticize crush "
    "dance debate deny deserve destroy devote disagree disappear discourage discriminate dismiss disrupt "
    "dissipate distort disturb donate earn elaborate eliminate embrace emigrate endorse endure enforce enroll "
    "entail envision err evoke exaggerate exclude excuse exploit feign fight finish fly forbid formulate foster "
    "frighten frustrate greet grip harm hate hit hurt impair impede imitate impress incite infect insist inspect "
    "inspire instruct intensify interrupt intervene invest invite irritate isolate jump kick kill knock lean lift "
    "lighten magnify marry melt merge minimize misinterpret mistake mix modulate mount multiply narrate neglect "
    "obstruct omit open owe persuade plan plant plead pose possess postpone pour predispose press pretend proceed "
    "progress prohibit promise pronounce provoke punish quit realize reassure rebel recite recruit refuse "
    "rehabilitate reiterate relieve render renew repair resist resort restore resume rid risk sacrifice scan "
    "scare scream seize shake shoot shout sit slip specialize spark steal stick strive subside substitute succeed "
    "summarize surge surpass surprise swallow swim synchronize tap tempt terminate throw touch trace trick trust "
    "unfold update upset urge usurp venture violate visit visualize vote wander wear weigh whisper withdraw "
    "withstand wonder wrap yell lend ask answer accompany advise advocate agree appear arrange blend blame boost "
    "bully carry chase check cite clarify code conform contend cooperate cure damage decode delay deprive design "
    "desire dominate dream educate elevate engage enjoy enter equip escape exercise experiment flee focus forget "
    "fulfill grant guess handle hire hope imagine implement impose indulge infer injure integrate intend "
    "interview judge justify label like love manipulate match memorize mention minimize motivate negotiate obey "
    "overlook pay pioneer practice praise pursue question rank rate reason recall rehearse remind repress "
    "research reward satisfy score smoke socialize store stress struggle supervise suspect sustain tailor "
    "threaten tolerate train transition value witness worry wish accept accompany achieve acquire act activate "
    "adapt add address adjust adopt affect aim alert allow alter analyze appear apply argue arise assert assess "
    "assign assist associate assume attach attack attempt attend attract attribute base become begin believe "
    "belong bend bind block break bring build burn calculate call capture carry catch cause change characterize "
    "choose claim collect combine come communicate compare compete complete compose comprise concern conclude "
    "conduct confirm connect consider consist constitute construct consume contain continue contract contribute "
    "control convert convey coordinate cope correspond cover create cross deal decide decline decrease define "
    "deliver demonstrate depend derive describe detect determine develop differ diminish direct discover discuss "
    "display distinguish divide draw drive drop eat elicit emerge emphasize employ enable encode encounter "
    "encourage end enhance ensure enter establish evaluate evolve examine exceed exchange exert exhibit exist "
    "expand experience explain explore expose express extend face facilitate fail fall feed feel fill find fire "
    "flow focus follow force form found function gain gather generate get give go govern grow guide happen hear "
    "help hold house identify ignore illustrate imply improve include incorporate increase indicate induce "
    "influence inform inherit inhibit initiate interact interfere interpret introduce invent investigate involve "
    "join keep know lack last lead learn leave let lie limit link live locate look lose lower maintain make "
    "manage mark mature mean measure meet mimic modify motivate move need note notice observe obtain occupy occur "
    "offer operate oppose organize originate outline oversee overcome participate pass perceive perform permit "
    "persist place play point possess precede predict prefer prepare prescribe present preserve prevent process "
    "produce project promote propose protect prove provide publish pull pump push put raise range reach react "
    "read receive recognize recommend record recover reduce refer reflect regain regard regulate reinforce reject "
    "relate relax relay release rely remain remember remove repeat replace report represent reproduce require "
    "resemble resolve respond rest result retain retrieve return reveal rise run say see seek seem select sell "
    "send separate serve set shape share shift show shrink signal slow solve sort speak specialize specify spend "
    "split spread stand start state stem stimulate stop store strengthen study suffer suggest supply support "
    "suppress surround survive synthesize take talk target teach tell tend test think tie transfer transform "
    "translate transmit transport travel treat trigger try turn undergo underlie understand unite use utilize "
    "vary view wait walk want warn watch weaken win work write yield regard govern oxidize dissolve evaporate "
    "condense freeze melt absorb emit radiate orbit rotate erode deposit erupt digest secrete filter divide "
    "replicate mutate fuse diffuse accumulate assemble catalyze circulate contract harvest capture power lay pack "
    "fold recycle export import engulf house anchor degrade expel guard insert stack"
)
_IRREGULAR = {
    "arise": "arose arisen", "become": "became become", "begin": "began begun", "bend": "bent bent",
    "bind": "bound bound", "break": "broke broken", "bring": "brought brought", "build": "built built",
    "catch": "caught caught", "choose": "chose chosen", "come": "came come", "deal": "dealt dealt",
    "draw": "drew drawn", "drive": "drove driven", "eat": "ate eaten", "fall": "fell fallen", "feed": "fed fed",
    "feel": "felt felt", "find": "found found", "freeze": "froze frozen", "get": "got gotten", "give": "gave given",
    "go": "went gone", "grow": "grew grown", "hear": "heard heard", "hold": "held held", "keep": "kept kept",
    "know": "knew known", "lay": "laid laid", "lead": "led led", "leave": "left left", "let": "let let",
    "lie": "lay lain", "lose": "lost lost", "make": "made made", "mean": "meant meant", "meet": "met met",
    "overcome": "overcame overcome", "oversee": "oversaw overseen", "put": "put put", "read": "read read",
    "rise": "rose risen", "run": "ran run", "say": "said said", "see": "saw seen", "seek": "sought sought",
    "sell": "sold sold", "send": "sent sent", "set": "set set", "show": "showed shown", "shrink": "shrank shrunk",
    "speak": "spoke spoken", "spend": "spent spent", "split": "split split", "spread": "spread spread",
    "stand": "stood stood", "take": "took taken", "teach": "taught taught", "tell": "told told",
    "think": "thought thought", "undergo": "underwent undergone", "underlie": "underlay underlain",
    "understand": "understood understood", "win": "won won", "write": "wrote written",
}  # fmt: skip
_DOUBLING = _set(
    "drop stop stem transmit transfer refer occur permit prefer control begin win let get put set run travel"
)
# Forms that are as often nouns or adjectives: alone they prove no verb.
AMBIGUOUS = _set(
    "fake sleep dance debate debates dress count counts fight fights harm hate hit hits hurt kick jump lift "
    "mistake mistakes mount open plan plans plant plants press progress promise risk risks sacrifice scan scans "
    "smile smiles spark stick sticks surge surprise tap touch trace traces trick tricks trust update upset urge "
    "urges venture visit visits vote votes wake wear weigh wonder wrap cry cries laugh correlates correlate "
    "excuse excuses invite repair resort substitute answer answers code codes damage delay delays design designs "
    "desire desires dream dreams escape exercise exercises experiment experiments guess hope hopes interview "
    "interviews judge judges label labels like love match matches practice practices praise question questions "
    "rank ranks rate rates reason reasons recall research reward rewards score scores smoke stress struggle "
    "struggles train trains transition transitions value values witness witnesses worry worries wish wishes focus "
    "boost cure cures blame act acts aim aims address addresses attack attacks attempt attempts attribute "
    "attributes block blocks break breaks call calls capture cause causes change changes claim claims concern "
    "concerns conduct contract contracts control controls cover covers cross decline decrease decreases display "
    "displays drive drives drop drops end ends exchange experience experiences express extend face faces feed "
    "fire focus force forces form forms function functions gain gains group guide guides help house increase "
    "increases influence influences insert lack last lead leads lie lies limit limits link links live look looks "
    "lower mark marks mature mean means measure measures need needs note notes notice object offer orbit orbits "
    "place places play plays point points present process processes project projects power powers pull pump pumps "
    "push range ranges reach reaches record records release releases report reports rest result results return "
    "returns rise rises run runs sense separate sequence set sets shape shapes share shift shifts show shows "
    "signal signals slow sort sorts split spread stand start starts state states stem stems stop stops store "
    "stores stress study studies supply supplies support supports target targets test tests tie ties transfer "
    "transport travel travels treat trigger triggers turn turns use uses view views walk watch watches work works "
    "yield yields found left set felt saw thought read filter filters deposit deposits power harvest export "
    "import guard stack lay complete direct fuse fold folds"
)


def _inflect(base: str) -> tuple[str, str, str]:
    """Third person, past and participle of a verb."""
    if base.endswith("y") and base[-2] not in "aeiou":
        third, past = base[:-1] + "ies", base[:-1] + "ied"
    elif base.endswith(("s", "sh", "ch", "x", "z", "go")):
        third, past = base + "es", base + "ed"
    else:
        third = base + "s"
        past = base + "d" if base.endswith("e") else base + base[-1] * (base in _DOUBLING) + "ed"
    if base in _IRREGULAR:
        past, participle = _IRREGULAR[base].split()
        return third, past, participle
    return third, past, past


_FORMS = {base: _inflect(base) for base in _VERBS}
BASES = _VERBS
THIRDS = frozenset(third for third, _, _ in _FORMS.values())
PASTS = {past: base for base, (_, past, _) in _FORMS.items()}
PARTICIPLES = frozenset(participle for _, _, participle in _FORMS.values())
VERB_FORMS = BASES | THIRDS | frozenset(PASTS) | PARTICIPLES
# Words that are verbs wherever they stand.
SURE_VERBS = VERB_FORMS - AMBIGUOUS
# Of these, forms that are no participle: what they stand in is a clause.
FINITE = SURE_VERBS - PARTICIPLES
GERUNDS = frozenset(
    base[:-1] + "ing"
    if base.endswith("e") and not base.endswith("ee")
    else base + base[-1] * (base in _DOUBLING) + "ing"
    for base in _VERBS
)
