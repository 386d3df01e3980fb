"""German words by the part they play; folded, so that `läuft` stands as `lauft`."""

from services.llm.routing.words import parts as p

TABLE: p.Table = {
    p.BE: "ist sind war waren bin seid",
    p.DO: "tut macht machst",
    p.HAVE: "hat haben habe hast hatte hatten habt gibt gab",
    p.MODAL: "kann kannst konnen konnte konntest konnten wurde wurdest wurden soll sollte "
    "sollten muss will mochte mochtest darf",
    p.NEGATION: "nicht kein keine keinen nie",
    p.WH: "welche welcher welches wer wo wann warum wieso weshalb wie wieviel wieviele wozu",
    p.PREPOSITION: "auf im vom zum zur mit bei von fur aus an uber unter seit nach zu in",
    p.CONJUNCTION: "und oder aber dann auch ob weil",
    p.THE: "der die das den dem des",
    p.MINE: "mein meine meinen meiner meinem unser unsere unserem unserer",
    p.YOURS: "dein deine",
    p.A: "ein eine einen einem einer",
    p.ALL: "alle allen jeder jede jedes samtliche",
    p.ANY: "irgendwelche einige mehr andere anderen es",
    p.POINTING: "das es ihn diese dieser dieses dies",
    p.ME: "ich wir mir uns mich",
    p.YOU: "du ihr sie dir euch",
    p.ANYONE: "jemand leute",
    p.ANYTHING: "alles irgendwas etwas nichts was",
    p.GREETING: "gott hallo guten tag abend moin servus gruezi grussgott tschuss tschau hallochen "
    "naben mahlzeit nacht gute gruss",
    p.THANKS: "danke dankeschon vielen dank merci",
    p.ASSENT: "ja jawohl klar gerne gern genau",
    p.REFUSAL: "nein ne nee",
    p.FILLER: "bitte mal doch eben halt schon denn so schnell kurz jetzt lieber",
    p.THING: "rechner knoten platte platten festplatte festplatten speicher maschine maschinen "
    "dienst dienste netz netzwerk gast gaste lufter kiste kisten",
    p.METRIC: "speicher speicherplatz platz arbeitsspeicher auslastung last temperatur temperaturen "
    "zustand laufzeit lautstarke verbrauch stromverbrauch",
    p.EVENT: "sicherung sicherungen fehler aufgaben aufgabe aktualisierung aktualisierungen "
    "protokoll protokolle warnungen warnung meldung meldungen ausfall ausfalle vorfall vorfalle "
    "neustart schnappschuss storung",
    p.STATE: "voll leer heiss langsam kaputt erreichbar tot ordnung gesund aktuell gestoppt "
    "offline online frei belegt uberlastet fehlgeschlagen fertig durchgelaufen los verfugbar "
    "ausgeschaltet eingeschaltet abgesturzt laut hoch aktiv wach warm schlecht passiert defekt "
    "noch wieder ausgelastet",
    p.FAILURE: "heiss langsam kaputt tot abgesturzt defekt voll hangt spinnt klemmt streikt gestoppt "
    "fehlgeschlagen",
    p.HAPPENING: "lauft laufen lief laeuft geht gehen ging funktioniert antwortet hangt spinnt "
    "startet gestartet abgesturzt braucht verbraucht frisst passiert passierte belegt klemmt "
    "streikt neugestartet durchgelaufen",
    p.ACTION: "neustarten neustart runterfahren herunterfahren hochfahren migriere migrieren "
    "sichere rebooten neuzustarten",
    p.HANDLING: "starte starten stoppe stoppen schalte schalt fahre fahr loschen losche erstelle "
    "erstellen verschiebe verschieben beende beenden mach mache aktualisiere installiere wecke "
    "weck gib leg lege raume beheb behebe reparier repariere",
    p.LOOKING: "zeig zeige liste prufe pruf schau schaue sag sage uberprufe gib nenne checke "
    "kontrolliere uberpruf guck",
    p.NOW: "jetzt gerade aktuell derzeit momentan heute noch immer wieder",
    p.PAST: "gestern letzte letzten letzter letztes seit heute nacht vorhin stunden woche",
    p.LEARNING: "unterschied unterschiede bedeutung vorteile nachteile zweck beispiel beispiele "
    "grundlagen anleitung beste besten",
    p.TEACHING: "erklare erklar erklaren beschreibe beschreib definiere erlautere",
    p.JUDGING: "besser sinnvoll notig empfehlenswert lohnt empfiehlst",
    p.WRITING: "schreib schreibe ubersetze ubersetz",
    p.WRITTEN: "gedicht witz geschichte skript",
    p.EVERYDAY: "wetter hauptstadt rezept kochen film musik wecker termin bank konto auto",
    p.SELF: "heisst bist alt geht gehts name",
    p.NEUTRAL: "neu viel viele ganz sehr aus ein runter rauf hin her man sich war mein macht da "
    "hier nur wird werden geht gehts was",
}
