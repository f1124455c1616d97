// Cytoscape as the pages' policy allows it.
//
// It would add a style element of its own, which the policy refuses. It asks for an element of this
// id first, and takes the element for its own; the one rule that it needs stands in the style sheet
// of the page: `.__________cytoscape_container { position: relative; }`.

import cytoscape from "cytoscape";

const ID = "__________cytoscape_stylesheet";
if (!document.getElementById(ID)) {
  const marker = document.createElement("meta");
  marker.id = ID;
  document.head.append(marker);
}

export default cytoscape;
