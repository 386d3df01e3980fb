"""French words by the part they play; folded, so that `arrête` stands as `arrete`."""

from services.llm.routing.words import parts as p

TABLE: p.Table = {
    p.BE: "est sont etait etaient suis es sommes",
    p.DO: "fait font fais",
    p.HAVE: "ont avons ai avez a-t-il y-a",
    p.MODAL: "peux peut pouvez pourrais pourriez dois doit devrais veux voudrais aimerais",
    p.NEGATION: "pas rien aucun aucune jamais ne n",
    p.WH: "quel quelle quels quelles qui que quoi ou quand pourquoi comment combien qu quid",
    p.PREPOSITION: "sur dans de du des pour avec chez depuis vers par aux au",
    p.CONJUNCTION: "et ou mais puis aussi si",
    p.THE: "le la les l",
    p.MINE: "mon ma mes notre nos",
    p.YOURS: "ton ta tes votre vos",
    p.A: "un une",
    p.ALL: "tous toutes tout chaque",
    p.ANY: "quelques autre autres plus il",
    p.POINTING: "ca cela celui ceux elle il ils elles ce cette ces",
    p.ME: "je nous moi me j",
    p.YOU: "tu vous toi te",
    p.ANYTHING: "tout rien quelque chose",
    p.GREETING: "bonjour bonsoir salut coucou bonne nuit revoir allo journee soiree",
    p.THANKS: "merci remercie",
    p.ASSENT: "oui ouais volontiers vas-y daccord d'accord",
    p.REFUSAL: "non",
    p.FILLER: "s'il te plait svp stp alors bon ben bien bah voila sil beaucoup",
    p.THING: "cluster vms vm hote hotes grappes service services baie pool pools volume volumes "
    "camera cameras site page serveur serveurs noeud noeuds disque disques conteneur conteneurs "
    "machine machines reseau stockage grappe ventilateur ventilateurs",
    p.METRIC: "cpu ram espace-disque consommation adresse version disponibilite debit latence "
    "memoire charge place espace etat temperature temperatures statut utilisation processeur "
    "sante",
    p.EVENT: "snapshot snapshots backup backups redemarrage redemarrages plantage evenement "
    "evenements migration avertissement avertissements coupure maj sauvegarde sauvegardes "
    "instantane instantanes erreur erreurs mise jour mises journal journaux tache taches panne "
    "pannes alerte alertes incident incidents probleme problemes",
    p.STATE: "ok allumes allumees eteints eteintes actifs active actives inactif prets pret sain "
    "sains saine degrade degradee surcharge surchargee rapide instable stable connecte connecte "
    "hors-service injoignable demarre demarree sauvegardee sauvegarde fini finie vert rouge "
    "chaudes froids plein pleine chaud chaude lent lente tombe tombee arrete arretee arretees "
    "arretes marche panne mort morte disponible accessible joignable libre reste ligne bien "
    "pleins eteint eteinte allume casse plante occupe sature bloque",
    p.FAILURE: "plein pleine chaud chaude lent lente panne mort morte plante bloque sature",
    p.HAPPENING: "demarrent demarre s'arrete arrete echouent echoue tombent tombe remplit "
    "remplissent redemarrent ecrit lit mange mangent prend prennent occupe occupent bloque rame "
    "rament consomment repondent reponds heberge hebergent disparu change termine terminees "
    "termine reussies plante planté tourne tournent marche marchent fonctionne fonctionnent "
    "repond va vont plante utilise utilisent consomme passe passait reussi echoue reste redemarre "
    "plantent",
    p.ACTION: "redemarre redemarrer redemarrez migre migrer sauvegarde sauvegarder reboote",
    p.HANDLING: "augmente augmenter reduis reduire installe installer met mettre efface effacer "
    "nettoie nettoyer libere liberer renomme renommer clone cloner bloque debloque active activer "
    "desactive desactiver restaure restaurer coupe couper rallume rallumer debranche suspends "
    "suspend reprends reprendre fais faire execute executer annule annuler verrouille "
    "deverrouille demarre demarrer demarrez arrete arreter arretez lance lancer eteins eteindre "
    "allume allumer supprime supprimer deplace deplacer cree creer stoppe mets coupe relance "
    "reveille ajoute donne",
    p.LOOKING: "regarder cherche chercher trouve trouver compare comparer surveille surveiller "
    "donne-nous montrez affichez verifiez dites raconte resume montre montrer montre-moi liste "
    "lister affiche afficher verifie verifier regarde dis donne dis-moi donne-moi controle",
    p.NOW: "maintenant actuellement encore toujours aujourd'hui deja aujourdhui",
    p.PAST: "hier derniere dernier dernieres derniers nuit semaine depuis heures",
    p.LEARNING: "difference differences signification avantages inconvenients exemple exemples "
    "tutoriel meilleur meilleure",
    p.TEACHING: "explique explique-moi expliquer decris definis expliquez",
    p.JUDGING: "mieux utile necessaire conseilles recommandes vaut",
    p.WRITING: "ecris ecrire traduis traduire redige",
    p.WRITTEN: "poeme blague histoire script",
    p.EVERYDAY: "meteo capitale recette cuisine musique banque voiture film",
    p.SELF: "appelles nom age",
    p.NEUTRAL: "t-il t-elle t-on il se sa son qu'est-ce est-ce c'est y en on",
}
