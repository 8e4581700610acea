/** What every page has: nothing typed is lost, and nothing is sent twice. */

import { start as startDrafts } from "./drafts.js";
import { start as startLeave } from "./leave.js";
import { start as startOnce } from "./once.js";
import { start as startOutbox } from "./outbox.js";
import { start as startRoom } from "./room.js";

startRoom(document);
startOnce(document);
startOutbox(document);
startDrafts(document);
startLeave(document);
