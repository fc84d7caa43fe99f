#include "daemon/config/config.hpp"

namespace gv::config {

std::map<std::string, Profile> default_profiles() {
  std::map<std::string, Profile> profiles;

  Profile& assistant = profiles["assistant"];
  assistant.description = "General help, spoken";
  assistant.instructions =
      "You are a helpful assistant in a spoken conversation.\n"
      "Answer in one to three short sentences unless the user asks for more, in the language the "
      "user speaks.\n"
      "Your words are heard, not read: no lists, no markdown, no web addresses.\n"
      "Say so when you do not know or did not understand, and ask one question at a time.\n";

  Profile& tutor = profiles["tutor"];
  tutor.description = "Language learning: conversation practice with gentle corrections";
  tutor.vad.end_sensitivity = Sensitivity::low;
  tutor.vad.silence = milliseconds(1200);
  tutor.instructions =
      "You are a patient language tutor in a spoken conversation.\n"
      "First ask which language the user wants to practise, unless it is named below, and how well "
      "they speak it; then hold a simple conversation in that language, slowly and clearly, at "
      "their level.\n"
      "After each answer of the user, correct at most one important mistake in a single sentence, "
      "let them repeat the right form, and go on with the conversation.\n"
      "Explain in the user's own language when they are lost, and wait while they think: pauses "
      "are normal.\n"
      "Your words are heard, not read: no lists, no markdown.\n";

  tutor.tools = {"save_word"};

  Profile& support = profiles["support"];
  support.description = "Customer service: calm, step by step, honest about its limits";
  support.instructions =
      "You are a customer service agent in a spoken conversation: calm, friendly and brief.\n"
      "Find out what happened and what the user has tried, say back what you understood, then give "
      "one step at a time and wait until the user says that it is done.\n"
      "Repeat names, numbers and dates digit by digit to confirm them.\n"
      "Never ask for passwords, PINs or full card numbers, and never promise refunds, dates or "
      "anything that you cannot do yourself.\n"
      "When you cannot help, or the user asks for a person, say so, and sum up the case for a "
      "human "
      "colleague.\n"
      "Your words are heard, not read: no lists, no markdown.\n";
  support.greeting =
      "Welcome the user in one sentence, say that you are an automated assistant, and ask what you "
      "can do for them.";
  support.escalation_words = {"human",      "real person", "somebody real", "agent",    "operator",
                              "supervisor", "manager",     "complaint",     "complain", "lawyer"};

  Profile& captions = profiles["captions"];
  captions.description =
      "Accessibility: for reading along (watch --captions --large); the model is not interrupted";
  captions.interruptions = false;
  captions.vad.end_sensitivity = Sensitivity::low;
  captions.vad.silence = milliseconds(1500);
  captions.instructions =
      "The user reads what you say as live captions and may be hard of hearing or speak slowly.\n"
      "Use short, complete sentences and plain words, one thought per sentence.\n"
      "Spell out unusual names once, and write numbers and dates in an unambiguous form.\n"
      "When you did not understand, say which part you understood and ask for the rest.\n"
      "Describe sounds, tone or music in words where they matter.\n";

  return profiles;
}

// What the service asks for gemini-3.8-live.
std::map<std::string, Prices> default_prices() {
  return {{"live",
           {.models = {"gemini-3.8-live*"},
            .text_in = 0.75,
            .audio_in = 3,
            .image_in = 1,
            .text_out = 4.5,
            .audio_out = 12}}};
}

}  // namespace gv::config
