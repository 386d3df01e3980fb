"""German words by the part they play; folded, so that `läuft` stands as `lauft`."""

from services.llm.routing.words import parts as p

TABLE: p.Table = {
    p.BE: "ist sind war waren bin seid",
    p.DO: "tut macht machst",
    p.HAVE: "hat haben habe hast hatte hatten habt gibt gab",
    p.MODAL: "kann kannst konnen konnte konntest konnten wurde wurdest wurden soll sollte sollten "
    "muss will mochte mochtest darf",
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
    p.THING: "server host hosts cluster container vms vm kisten kiste gerat gerate schrank "
    "laufwerk laufwerke pool pools ssds dienste kameras webseite seite rechner knoten platte "
    "platten festplatte festplatten speicher maschine maschinen dienst dienste netz netzwerk gast "
    "gaste lufter kiste kisten",
    p.METRIC: "ram cpu temperatur status lage belegung fullstand versionen version adresse "
    "ip-adresse platzbedarf leistung durchsatz lasten prozessorlast prozessor hitze auslastungen "
    "speicher speicherplatz platz arbeitsspeicher auslastung last temperatur temperaturen zustand "
    "laufzeit lautstarke verbrauch stromverbrauch",
    p.EVENT: "backups backup updates update snapshots snapshot absturz absturze neustarts "
    "warnungen alarme alarm probleme problem ereignisse ereignis jobs lauf laufe stromausfall "
    "auftrage genehmigungen freigaben sicherung sicherungen fehler aufgaben aufgabe "
    "aktualisierung aktualisierungen protokoll protokolle warnungen warnung meldung meldungen "
    "ausfall ausfalle vorfall vorfalle neustart schnappschuss storung",
    p.STATE: "an aus ein online gesund ungesund langsamer schnell voller fast kritisch normal "
    "okay gut hanger abgehangt verbunden getrennt gesperrt wach ueberlastet warm warmer heisser "
    "kuhl kalt knapp genug gesichert veraltet alt neu bereit stabil instabil unten oben grun rot "
    "gelb beschaftigt ausgefallen tot voll leer heiss langsam kaputt erreichbar tot ordnung "
    "gesund aktuell gestoppt offline online frei belegt uberlastet fehlgeschlagen fertig "
    "durchgelaufen los verfugbar ausgeschaltet eingeschaltet abgesturzt laut hoch aktiv wach warm "
    "schlecht passiert defekt noch wieder ausgelastet",
    p.FAILURE: "heiss langsam kaputt tot abgesturzt defekt voll hangt spinnt klemmt streikt "
    "gestoppt fehlgeschlagen",
    p.HAPPENING: "geklappt klappt gelaufen fehlgeschlagen gescheitert ausgefallen gefallen "
    "abgestuerzt neu-gestartet reagiert antworten funktionieren funzt steht stehen liegt liegen "
    "bleibt hakt ruckelt lahmt lauscht schlaft wacht schreibt liest verschwunden gegangen "
    "geandert verandert aktualisiert gesichert beendet abgebrochen abgeschlossen gewesen nutzt "
    "nutzen benutzt brauchen verbrauchen lagen fielen gab lauft laufen lief laeuft geht gehen "
    "ging funktioniert antwortet hangt spinnt startet gestartet abgesturzt braucht verbraucht "
    "frisst passiert passierte belegt klemmt streikt neugestartet durchgelaufen",
    p.ACTION: "durchstarten neugestartet hochgefahren heruntergefahren rebooten reboote restarten "
    "restarte migrier verschieb neuzustarten runterzufahren abzuschalten anzuhalten neustarten "
    "neustart runterfahren herunterfahren hochfahren migriere migrieren sichere rebooten "
    "neuzustarten",
    p.HANDLING: "ausschalten einschalten anschalten abschalten anhalten halte stopp start "
    "anmachen ausmachen loschst lege leg anlegen einrichten richte entferne entfernen pausiere "
    "pausieren erhohe erhohen gib verringere setze setz setzen stelle stell tausche sperre "
    "entsperre bring bringe nimm hol hole fuhre fuhr ausfuhren installieren updaten update "
    "aufraumen freigeben sichern sicher einspielen spiel spiele zurucksetzen setz starte starten "
    "stoppe stoppen schalte schalt fahre fahr loschen losche erstelle erstellen verschiebe "
    "verschieben beende beenden mach mache aktualisiere installiere wecke weck gib leg lege raume "
    "beheb behebe reparier repariere",
    p.LOOKING: "zeigst anzeigen nachsehen nachschauen ansehen anschauen vergleiche vergleich "
    "pruefe prufen uberprufen melde meld berichte bericht gibst suche such finde find zahle nenn "
    "zeig zeige liste prufe pruf schau schaue sag sage uberprufe gib nenne checke kontrolliere "
    "uberpruf guck",
    p.NOW: "jetzt gerade aktuell derzeit momentan heute noch immer wieder",
    p.PAST: "gestern letzte letzten letzter letztes seit heute nacht vorhin stunden woche",
    p.LEARNING: "bedeutet funktionsweise alternativen tipps schritte unterschied unterschiede "
    "bedeutung vorteile nachteile zweck beispiel beispiele grundlagen anleitung beste besten",
    p.TEACHING: "erklare erklar erklaren beschreibe beschreib definiere erlautere",
    p.JUDGING: "besser sinnvoll notig empfehlenswert lohnt empfiehlst",
    p.WRITING: "schreib schreibe ubersetze ubersetz",
    p.WRITTEN: "gedicht witz geschichte skript",
    p.EVERYDAY: "wetter hauptstadt rezept kochen film musik wecker termin bank konto auto",
    p.SELF: "heisst bist alt geht gehts name",
    p.NEUTRAL: "neu viel viele ganz sehr aus ein runter rauf hin her man sich war mein macht da "
    "hier nur wird werden geht gehts was",
}
