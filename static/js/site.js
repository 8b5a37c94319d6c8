// What every page of the shell needs: one module per concern, none of them exports state.

import "./ages.js";
import "./drafts.js";
import "./live.js";
import "./shortcuts.js";
import "./toasts.js";
