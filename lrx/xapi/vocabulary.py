"""The names we understand in a statement: verbs, kinds of activity, categories, extensions and Moodle's events."""

# Verbs
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
FAILED = "http://adlnet.gov/expapi/verbs/failed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"
UNCOMPLETED = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"

# Kinds of activity
CMI5_COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
TINCAN_COURSE = "http://id.tincanapi.com/activitytype/lms/course"
ADL_COURSE = "http://adlnet.gov/expapi/activities/course"
ATTEMPT = "http://adlnet.gov/expapi/activities/attempt"
INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
SCORM_CONTENT = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/scorm-content-object"

# Categories (contextActivities.category)
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"

# Extensions
LOG_INFO = "http://lrs.learninglocker.net/define/extensions/info"
SHORT_ID = "https://w3id.org/learning-analytics/learning-management-system/short-id"
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"

# Moodle's events (event_name in LOG_INFO)
COURSE_COMPLETED = r"\core\event\course_completed"
MODULE_COMPLETION_UPDATED = r"\core\event\course_module_completion_updated"
ENROLMENT_CREATED = r"\core\event\user_enrolment_created"
ENROLMENT_DELETED = r"\core\event\user_enrolment_deleted"
USER_CREATED = r"\core\event\user_created"
USER_UPDATED = r"\core\event\user_updated"
COURSE_CREATED = r"\core\event\course_created"
COURSE_UPDATED = r"\core\event\course_updated"
MODULE_CREATED = r"\core\event\course_module_created"
MODULE_UPDATED = r"\core\event\course_module_updated"
QUIZ_ATTEMPT_STARTED = r"\mod_quiz\event\attempt_started"
QUIZ_ATTEMPT_SUBMITTED = r"\mod_quiz\event\attempt_submitted"
SCORM_LAUNCHED = r"\mod_scorm\event\sco_launched"
SCORM_SCORE_SUBMITTED = r"\mod_scorm\event\scoreraw_submitted"
SCORM_STATUS_SUBMITTED = r"\mod_scorm\event\status_submitted"
